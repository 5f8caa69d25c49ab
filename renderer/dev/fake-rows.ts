import type { BatchState, FinishedBatch, QueueRow } from '../../contract/batch.ts';
import { phrase } from '../../contract/texts/fill-in.ts';

const sizes = [[6000, 4000], [4032, 3024], [2400, 1600], [12000, 8000]] as const; // prettier-ignore
const names = [
  'DSC_0412.jpg',
  'harbour at night.tif',
  'grandmother 1954.png',
  'IMG_2210.jpg',
  'plate-07.tif',
];

export function fakeRow(index: number): QueueRow {
  const [width, height] = sizes[index % sizes.length]!;
  const name = index < names.length ? names[index]! : `IMG_${String(2200 + index)}.jpg`;
  const format = name.endsWith('tif') ? 'tiff' : name.endsWith('png') ? 'png' : 'jpeg';
  const row: QueueRow = {
    id: `row-${index}`,
    name,
    folder: 'Harbour',
    bytes: 8_400_000 + index * 1000,
    state: 'ready',
    picture: { format, width, height, pages: index === 4 ? 12 : 1, bitDepth: format === 'tiff' ? 16 : 8 },
    choices: index === 2 ? { noiseFactor: 0.14 } : null,
    fraction: 0,
    problem: null,
    notices: [],
    noiseFactor: null,
    output: null,
    seconds: null,
  };
  if (index !== 5) return row;
  const details = { file: 'broken.jpg', reason: phrase('damage-end-missing') };
  const problem = { code: 'image-damaged', details, message: 'broken' } as const;
  return { ...row, name: 'broken.jpg', state: 'unreadable', picture: null, problem };
}

export function reportOf(rows: readonly QueueRow[], state: BatchState): FinishedBatch {
  return {
    batch: state.batch ?? 'batch',
    finished: '2026-11-20T18:20:00.000Z',
    counts: state.counts,
    megapixels: state.megapixels,
    seconds: state.secondsSoFar,
    stopped: state.stopped,
    report: '/home/ann/.local/share/unspeckle/jobs/2026-11-20-1/report.json',
    undone: false,
    rows: rows.flatMap((row) =>
      row.state === 'done' || row.state === 'unchanged' || row.state === 'kept' || row.state === 'failed'
        ? [{ ...row, state: row.state, row: row.id }]
        : [],
    ),
  };
}
