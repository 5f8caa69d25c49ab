import {
  fitted,
  fitZoom,
  held,
  pushed,
  toPicture,
  zoomedAround,
  zoomStep,
  type Box,
  type Camera,
  type Point,
  type Size,
} from './geometry.ts';

/** Share of the way to the wished zoom that is gone in a sixtieth of a second. */
const glide = 0.32;

/** The camera of a stage: moves at once, zooms in a glide, and stays fitted until a hand says otherwise. */
export class StageCamera {
  #now: Camera = { x: 0, y: 0, zoom: 1 };
  #goal: { readonly at: Point; readonly zoom: number } | null = null;
  #fits = true;
  #picture: Size = { width: 1, height: 1 };
  #viewport: Size = { width: 1, height: 1 };
  readonly #still: () => boolean;

  /** @param still true when the person wants no motion */
  constructor(still: () => boolean) {
    this.#still = still;
  }

  get now(): Camera {
    return this.#now;
  }

  /** The zoom it is on its way to. */
  get zoom(): number {
    return this.#goal?.zoom ?? this.#now.zoom;
  }

  get fits(): boolean {
    return this.#fits;
  }

  get moving(): boolean {
    return this.#goal !== null;
  }

  /** Another picture, or another size of the stage. */
  place(picture: Size, viewport: Size, fresh: boolean): void {
    this.#picture = picture;
    this.#viewport = viewport;
    if (fresh) this.#fits = true;
    if (this.#fits) this.fit();
    else this.#now = held(this.#now, picture, viewport);
  }

  /** To where it was left. */
  put(camera: Camera): void {
    this.#goal = null;
    this.#fits = false;
    this.#now = held(camera, this.#picture, this.#viewport);
  }

  fit(): void {
    this.#goal = null;
    this.#fits = true;
    this.#now = held(fitted(this.#picture, this.#viewport), this.#picture, this.#viewport);
  }

  pan(by: Point): void {
    this.#goal = null;
    this.#now = held(pushed(this.#now, by), this.#picture, this.#viewport);
  }

  /** To a zoom, around a point of the viewport, its middle if none is given. */
  zoomTo(zoom: number, at: Point = this.#middle()): void {
    const bounded = held({ ...this.#now, zoom }, this.#picture, this.#viewport).zoom;
    this.#fits = Math.abs(bounded - fitZoom(this.#picture, this.#viewport)) < 1e-6;
    this.#goal = { at, zoom: bounded };
    if (this.#still()) this.step(Infinity);
  }

  zoomBy(factor: number, at: Point): void {
    this.zoomTo(this.zoom * factor, at);
  }

  zoomStep(direction: 1 | -1): void {
    this.zoomTo(zoomStep(this.zoom, direction));
  }

  /** Puts a part of the picture in the middle, at 100 %, or smaller if it needs more room. */
  showPart(part: Box): void {
    this.#goal = null;
    this.#fits = false;
    const zoom = Math.min(1, fitZoom(part, this.#viewport));
    const middle = { x: part.x + part.width / 2, y: part.y + part.height / 2 };
    this.#now = held({ ...middle, zoom }, this.#picture, this.#viewport);
  }

  under(at: Point): Point {
    return toPicture(this.#now, this.#viewport, at);
  }

  /** Moves on by some frames of a sixtieth of a second. */
  step(frames: number): void {
    const goal = this.#goal;
    if (!goal) return;
    const left = Math.log(goal.zoom / this.#now.zoom) * (1 - glide) ** frames;
    const arrived = Math.abs(left) < 0.004;
    const zoom = arrived ? goal.zoom : goal.zoom / Math.exp(left);
    this.#now = held(zoomedAround(this.#now, this.#viewport, goal.at, zoom), this.#picture, this.#viewport);
    if (arrived) this.#goal = null;
  }

  #middle(): Point {
    return { x: this.#viewport.width / 2, y: this.#viewport.height / 2 };
  }
}
