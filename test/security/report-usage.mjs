// Loaded before a program of the product (NODE_OPTIONS=--import): tells what the process used when it ends.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env['USAGE_FOLDER'];
process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const usage = { peakBytes: maxRSS * 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 };
  if (folder) writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(usage));
});
// An engine that is asked to end is ended by this signal, which otherwise leaves no time to say anything.
if (process.listenerCount('SIGTERM') === 0 && process.argv[1]?.match(/(?:engine|model-check)\.js$/))
  process.on('SIGTERM', () => process.exit(143));
