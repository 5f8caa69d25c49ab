/** A scan as a process of its own, to be run as another user. */
import { scan } from '../../app/inputs/scan.ts';

const { files, skipped } = await scan(process.argv.slice(2), { avoid: [] });
process.stdout.write(
  JSON.stringify({
    files: files.map(({ source }) => source),
    skipped: Object.fromEntries(skipped.map(({ source, code }) => [source, code])),
  }),
);
