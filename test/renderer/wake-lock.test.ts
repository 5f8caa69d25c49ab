import { expect, test } from 'vitest';
import { stayAwake } from '../../renderer/state/wake-lock.ts';

/** A browser's lock and page: hiding the page takes the lock away. */
function browser(refuses = false) {
  const held: { released: boolean; release(): Promise<void> }[] = [];
  let listener: (() => void) | null = null;
  const page = {
    visibilityState: 'visible' as string,
    addEventListener: (_: string, heard: () => void) => void (listener = heard),
    removeEventListener: () => void (listener = null),
  };
  const wakeLock = {
    request: () => {
      if (refuses) return Promise.reject(new Error('no power'));
      const lock = {
        released: false,
        release: () => Promise.resolve(void (lock.released = true)),
      };
      held.push(lock);
      return Promise.resolve(lock);
    },
  };
  const show = (visible: boolean) => {
    page.visibilityState = visible ? 'visible' : 'hidden';
    if (!visible) held.forEach((lock) => (lock.released = true));
    listener?.();
  };
  return {
    held,
    show,
    page: page as never,
    navigator: { wakeLock } as never,
    listens: () => listener !== null,
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const awake = (held: readonly { released: boolean }[]) => held.filter(({ released }) => !released).length;

test('the machine is kept awake until the end, and again when a hidden page is seen again', async () => {
  const { held, show, page, navigator, listens } = browser();
  const end = stayAwake(navigator, page);
  await settled();
  expect(awake(held)).toBe(1);
  show(false);
  await settled();
  expect(awake(held)).toBe(0);
  show(true);
  await settled();
  expect(awake(held)).toBe(1);
  end();
  await settled();
  expect(awake(held)).toBe(0);
  expect(listens()).toBe(false);
});

test('an end that comes before the lock lets it go all the same', async () => {
  const { held, page, navigator } = browser();
  stayAwake(navigator, page)();
  await settled();
  expect(awake(held)).toBe(0);
});

test('a browser that refuses, or knows no lock, changes nothing', async () => {
  const { held, page, navigator } = browser(true);
  stayAwake(navigator, page)();
  stayAwake({}, page)();
  await settled();
  expect(held).toEqual([]);
});
