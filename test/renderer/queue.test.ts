import { expect, test, vi } from 'vitest';
import type { QueueRow } from '../../contract/batch.ts';
import { useRuneModules } from './rune-modules.ts';

interface Queue {
  readonly rows: readonly QueueRow[];
  readonly current: QueueRow | null;
  readonly arriving: boolean;
  expectList(): void;
  read(): Promise<void>;
  merge(rows: readonly QueueRow[]): void;
  whileArriving(work: () => Promise<void>): Promise<void>;
}
interface QueueModule {
  readonly Queue: new (calls: object) => Queue;
}

const load = useRuneModules();
const rowOf = (id: string) => ({ id, name: `${id}.png`, state: 'ready' }) as QueueRow;

async function queueOf(...listed: string[]): Promise<Queue> {
  const { Queue } = await load<QueueModule>('renderer/state/queue.svelte.ts');
  return new Queue({ ask: () => Promise.resolve(listed.map(rowOf)) });
}

test('a window that opens while pictures arrive looks at the first of the list, not at the one that came next', async () => {
  const queue = await queueOf('a', 'b');
  queue.expectList();
  queue.merge([rowOf('c')]);
  await vi.waitFor(() => expect(queue.rows).toHaveLength(1));
  expect(queue.current).toBe(null);
  await queue.read();
  await vi.waitFor(() => expect(queue.current?.id).toBe('a'));
});

test('pictures arrive until the last of several drops is through, and one that fails is through too', async () => {
  const queue = await queueOf();
  let sent = () => {};
  const first = queue.whileArriving(() => new Promise((resolve) => (sent = resolve)));
  const second = queue.whileArriving(() => Promise.reject(new Error('torn off')));
  await expect(second).rejects.toThrow('torn off');
  expect(queue.arriving).toBe(true);
  sent();
  await first;
  expect(queue.arriving).toBe(false);
});
