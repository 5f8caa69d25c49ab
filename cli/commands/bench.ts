import { type Command } from 'commander';
import { backendNames } from '../../contract/backend.ts';
import type { BenchResult } from '../../contract/measure.ts';
import { invalid, oneOf, quoted } from '../arguments.ts';
import { jsonOption, modelOption, threadsOption } from '../clean-options.ts';
import { defaultMeans } from '../default-means.ts';
import { codeOfCounts } from '../exit-codes.ts';
import { bytesText, rateText } from '../numbers.ts';
import { say } from '../say.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Options {
  readonly model?: string;
  readonly backend?: string[];
  readonly size?: Size[];
  readonly threads?: number;
  readonly json?: boolean;
}

/** A small picture and the 24 megapixels of a common camera. */
const defaultSizes: readonly Size[] = [
  { width: 1500, height: 1000 },
  { width: 6000, height: 4000 },
];

const help = `
Examples:
  unspeckle bench
  unspeckle bench --backend onnx --backend tensorflow --size 3000x2000 --threads 2

For each backend and size: megapixels per second of the bare network, and of whole files (JPEG to JPEG, several in
a row); the share of the time that is not the network's; and the largest memory the engine took. Speeds of
different machines are not comparable, ratios within one run are.`;

export function addBench(program: Command, session: Session): void {
  program
    .command('bench')
    .summary('measure the speed on this machine')
    .description('Measures how fast pictures are cleaned here, with each backend and at several sizes.')
    .addOption(modelOption())
    .option('--backend <NAME>', `${backendNames.join(', ')}; may be given several times (default: all there are)`, collect(oneOf('--backend', backendNames)))
    .option('--size <WxH>', 'size in pixels; may be given several times (default: 1500x1000 and 6000x4000)', collect(sizeFrom))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (options: Options) => {
      session.exitCode = await bench(session, options);
    }); // prettier-ignore
}

async function bench(session: Session, options: Options): Promise<number> {
  const { output, palette } = session;
  const { threads } = await defaultMeans(session);
  session.patience(say('bench-begins'));
  const results = await session.call((api) =>
    api.bench({
      model: options.model ?? 'default',
      backends: options.backend ?? [],
      sizes: options.size ?? defaultSizes,
      threads: options.threads ?? threads,
    }),
  );
  const exitCode = codeOfCounts(results.length, results.length === 0 ? 1 : 0);
  if (options.json) {
    for (const result of results) output.json({ type: 'bench', ...result });
    output.json({ type: 'summary', results: results.length, fastest: fastestOf(results), exitCode });
    return exitCode;
  }
  const [head = '', ...rows] = table(columns, results.map(cellsOf));
  output.line(palette.dim(head));
  for (const row of rows) output.line(row);
  output.line(say('bench-note'));
  return exitCode;
}

const columns = [
  { title: 'BACKEND' },
  { title: 'SIZE', align: 'right' },
  { title: 'NETWORK MP/s', align: 'right' },
  { title: 'WHOLE MP/s', align: 'right' },
  { title: 'OUTSIDE NETWORK', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'THREADS', align: 'right' },
  { title: 'MODEL' },
] as const;

const cellsOf = (result: BenchResult): string[] => [
  result.backend,
  `${result.width}x${result.height}`,
  rateText(result.networkMegapixelsPerSecond),
  rateText(result.wholeMegapixelsPerSecond),
  `${(result.shareOutsideNetwork * 100).toFixed(0)} %`,
  bytesText(result.peakMemoryBytes),
  result.threads === 0 ? say('bench-all-threads') : String(result.threads),
  result.model,
];

/** The backend that was fastest with whole files at any size. */
function fastestOf(results: readonly BenchResult[]): string | null {
  const sorted = [...results].sort(
    (one, other) => other.wholeMegapixelsPerSecond - one.wholeMegapixelsPerSecond,
  );
  return sorted[0]?.backend ?? null;
}

const largestSide = 30_000;

function sizeFrom(text: string): Size {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  if (width >= 1 && height >= 1 && width <= largestSide && height <= largestSide) return { width, height };
  throw invalid('--size', say('expect-size'), quoted(text));
}

/** For options that may be given several times. */
function collect<T>(parse: (text: string) => T) {
  return (text: string, before: readonly T[] = []): T[] => [...before, parse(text)];
}
