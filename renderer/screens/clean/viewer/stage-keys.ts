import type { CameraWish, View } from '../../../state/view.svelte.ts';
import type { Stage } from './stage.svelte.ts';

const wishes: Readonly<Record<string, CameraWish>> = {
  '0': 'fit',
  '1': 'full',
  '2': 'double',
  '+': 'closer',
  '=': 'closer',
  '-': 'farther',
};
const ways: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
/** CSS pixels that an arrow key moves the picture. */
const stride = 64;

/** What keys do: on the stage itself, and anywhere that no other thing takes them. */
export function stageKeys(stage: Stage, view: View, ratio: () => number) {
  const plain = (event: KeyboardEvent) => !event.ctrlKey && !event.metaKey && !event.altKey;

  const own = (event: KeyboardEvent) => {
    if (!plain(event) || event.target !== event.currentTarget) return;
    const way = ways[event.key];
    if (way) stage.pan({ x: way[0] * stride * ratio(), y: way[1] * stride * ratio() });
    else if (!shared(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  const shared = (event: KeyboardEvent): boolean => {
    const wish = wishes[event.key];
    if (wish) stage.look(wish);
    else if (event.key === ' ') view.held = true;
    return wish !== undefined || event.key === ' ';
  };

  const global = (event: KeyboardEvent) => {
    if (event.target === document.body && plain(event) && shared(event)) event.preventDefault();
  };

  const release = (event: KeyboardEvent) => {
    if (event.key === ' ') view.held = false;
  };
  return { own, global, release };
}
