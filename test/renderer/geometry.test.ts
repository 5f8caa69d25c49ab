import { expect, test } from 'vitest';
import {
  fitted,
  fitZoom,
  held,
  middleOf,
  pushed,
  toPicture,
  toViewport,
  visiblePart,
  zoomedAround,
  zoomStep,
} from '../../renderer/screens/clean/viewer/geometry.ts';
import { StageCamera } from '../../renderer/screens/clean/viewer/camera.ts';

const picture = { width: 6000, height: 4000 };
const viewport = { width: 1200, height: 1000 };

test('a fitted picture is seen whole, and a small one is not blown up', () => {
  expect(fitZoom(picture, viewport)).toBe(0.2);
  expect(visiblePart(fitted(picture, viewport), picture, viewport)).toEqual({ x: 0, y: 0, ...picture });
  expect(fitZoom({ width: 100, height: 80 }, viewport)).toBe(1);
});

test('zooming keeps the point under the pointer where it is', () => {
  const camera = { x: 2500, y: 1800, zoom: 0.5 };
  const pointer = { x: 200, y: 900 };
  const before = toPicture(camera, viewport, pointer);
  const after = toPicture(zoomedAround(camera, viewport, pointer, 4), viewport, pointer);
  expect(after.x).toBeCloseTo(before.x, 9);
  expect(after.y).toBeCloseTo(before.y, 9);
});

test('places in picture and viewport are each other’s inverse', () => {
  const camera = { x: 321, y: 987, zoom: 1.7 };
  const place = toPicture(camera, viewport, toViewport(camera, viewport, { x: 55, y: 66 }));
  expect(place.x).toBeCloseTo(55, 9);
  expect(place.y).toBeCloseTo(66, 9);
});

test('a push of a hundred device pixels moves a hundred device pixels', () => {
  const camera = { x: 3000, y: 2000, zoom: 2 };
  expect(pushed(camera, { x: 100, y: -50 })).toEqual({ x: 3000 - 100 / 2, y: 2000 + 50 / 2, zoom: 2 });
});

test('no empty stretch is shown beside a picture that is larger than the viewport', () => {
  const camera = held({ x: -500, y: 99999, zoom: 1 }, picture, viewport);
  expect(camera).toEqual({ x: viewport.width / 2, y: picture.height - viewport.height / 2, zoom: 1 });
});

test('a picture that is smaller than the viewport stays in its middle', () => {
  expect(held({ x: 1, y: 1, zoom: 0.15 }, picture, viewport)).toMatchObject({ x: 3000, y: 2000 });
});

test('zoom steps go up and down through 100 %', () => {
  expect(zoomStep(0.7, 1)).toBe(1);
  expect(zoomStep(1, 1)).toBe(1.5);
  expect(zoomStep(1.4, -1)).toBe(1);
  expect(zoomStep(32, 1)).toBe(32);
});

test('what is measured is the middle of what is seen, within a bound', () => {
  expect(middleOf({ x: 100, y: 200, width: 2000, height: 300 }, 1000)).toEqual({
    x: 100 + (2000 - 1000) / 2,
    y: 200,
    width: 1000,
    height: 300,
  });
});

test('a camera glides to the wished zoom and arrives there exactly', () => {
  const camera = new StageCamera(() => false);
  camera.place(picture, viewport, true);
  camera.zoomTo(1);
  let frames = 0;
  for (; camera.moving && frames < 100; frames++) camera.step(1);
  expect(camera.now.zoom).toBe(1);
  expect(frames).toBeGreaterThan(3);
  expect(camera.fits).toBe(false);
});

test('where no motion is wanted a zoom is there at once', () => {
  const camera = new StageCamera(() => true);
  camera.place(picture, viewport, true);
  camera.zoomTo(2);
  expect(camera.moving).toBe(false);
  expect(camera.now.zoom).toBe(2);
});

test('a fitted camera stays fitted when the stage changes its size', () => {
  const camera = new StageCamera(() => true);
  camera.place(picture, viewport, true);
  camera.place(picture, { width: 600, height: 600 }, false);
  expect(camera.now.zoom).toBeCloseTo(0.1, 9);
});
