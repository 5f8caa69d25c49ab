/** One writer as a process of its own, which waits to be watched before it begins: see kill-sweep.ts. */
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { writers, type WriterName } from './writers.ts';

const [name = '', folder = ''] = process.argv.slice(2);
// The thread that works on files begins with the first file it is asked about.
await stat(folder);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
await writers[name as WriterName].write(folder);
process.exit(0);
