import type { Point } from './geometry.ts';

/** What a hand does on the stage. Points and ways are CSS pixels from the element's corner. */
export interface Gestures {
  pan(by: Point): void;
  zoom(at: Point, by: number): void;
  press(down: boolean): void;
  tap(at: Point): void;
}

/** A pointer that moved less far has not dragged. */
const tapReach = 4;

/** Drag, wheel and pinch of an element. Answers what takes the listeners away. */
export function onGestures(element: HTMLElement, gestures: Gestures): () => void {
  const pointers = new Map<number, Point>();
  let moved = 0;
  const at = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const down = (event: PointerEvent) => {
    if (event.button > 1) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    moved = 0;
    gestures.press(true);
  };
  const move = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    moved += Math.hypot(now.x - before.x, now.y - before.y);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      const apart = Math.hypot(before.x - other.x, before.y - other.y);
      if (apart > 0) gestures.zoom(middle, Math.hypot(now.x - other.x, now.y - other.y) / apart);
    } else {
      gestures.pan({ x: now.x - before.x, y: now.y - before.y });
    }
    pointers.set(event.pointerId, now);
  };
  const up = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId)) return;
    gestures.press(false);
    if (event.type === 'pointerup' && moved < tapReach) gestures.tap(at(event));
  };
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    // A line of a mouse wheel is about 16 pixels; a pinch on a touchpad comes as a wheel with Ctrl, in small steps.
    const way = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
    gestures.zoom(at(event), Math.exp(-way * (event.ctrlKey ? 0.01 : 0.002)));
  };
  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  element.addEventListener('wheel', wheel, { passive: false });
  return () => {
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', up);
    element.removeEventListener('wheel', wheel);
  };
}
