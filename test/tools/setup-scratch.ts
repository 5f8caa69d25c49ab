import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, type TestContext } from 'vitest';
import { createContext, ownRoot, type Context } from '../../tools/setup/context.mjs';
import { nativePaths } from '../../tools/setup/layout.mjs';
import { readWorking, type Stamp } from '../../tools/setup/stamps.mjs';

/** A checkout of its own for a set-up test: its folder, its programs, and what was said. */
export interface Scratch {
  root: string;
  native: string;
  said: string[];
  context: (chosen?: Partial<Omit<Context, 'limits'>> & { limits?: Partial<Context['limits']> }) => Context;
  /** Puts a shell script on the PATH that the set-up sees; there is nothing else on it but the shell. */
  program: (name: string, script: string) => void;
}

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function scratchCheckout(): Scratch {
  const root = mkdtempSync(path.join(os.tmpdir(), 'unspeckle-setup-'));
  folders.push(root);
  symlinkSync(path.join(ownRoot, 'node_modules'), path.join(root, 'node_modules'));
  const bin = path.join(root, 'bin');
  mkdirSync(bin);
  const said: string[] = [];
  const env = { PATH: bin, HOME: root };
  return {
    root,
    native: path.join(root, '.native'),
    said,
    context: (chosen = {}) => createContext({ root, env, say: (line: string) => said.push(line), ...chosen }),
    program: (name, script) => {
      const file = path.join(bin, name);
      writeFileSync(file, `#!/bin/sh\n${script}\n`);
      chmodSync(file, 0o755);
    },
  };
}

/** Where this checkout's own set-up has put native TensorFlow; skips the test, saying so, where it has not. */
export function builtNative(test: TestContext): { folder: string; stamp: Stamp } {
  const context = createContext();
  const stamp = readWorking(context);
  if (!stamp) return test.skip('no native TensorFlow here (node tools/setup/native.mjs says why)');
  return { folder: nativePaths(context).finished, stamp };
}
