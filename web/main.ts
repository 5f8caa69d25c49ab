import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApp } from '../app/app.ts';
import { runBrowserHost } from './run-browser-host.ts';
import { startFolder } from './start-folder.ts';
import { wishToEnd } from './wish-to-end.ts';

// Both web/ (the source) and out/ (what is built from it) lie in the program's folder.
const root = dirname(dirname(fileURLToPath(import.meta.url)));

process.exit(
  await runBrowserHost({
    args: process.argv.slice(2),
    cwd: startFolder(process.env, process.cwd()),
    env: process.env,
    platform: process.platform,
    pages: join(root, 'out', 'renderer'),
    say: (line) => process.stdout.write(`${line}\n`),
    createApp: () => createApp({ root }),
    wishToEnd: wishToEnd(process),
  }),
);
