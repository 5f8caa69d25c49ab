#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApp } from '../app/app.ts';
import type { StopSignal } from './host.ts';
import { startFolder } from './places.ts';
import { runCli } from './run-cli.ts';

// Both cli/ (the source) and out/ (what is built from it) lie in the program's folder.
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const signals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const code = await runCli(process.argv.slice(2), {
  root,
  version,
  // Asked for when a path needs it: it may be gone.
  get cwd() {
    return startFolder(process.env, () => process.cwd());
  },
  env: process.env,
  temporaryFolder: tmpdir(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  createApp: () => createApp({ root }),
  onSignal: (listener) => {
    for (const signal of signals) process.on(signal, listener);
    return () => {
      for (const signal of signals) process.off(signal, listener);
    };
  },
  exitNow: (now) => process.exit(now),
});
process.exit(code);
