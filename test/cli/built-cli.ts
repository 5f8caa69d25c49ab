import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { linesOf } from './harness.ts';

export const root = join(import.meta.dirname, '../..');

/** Brings out/ up to date; nothing happens when it is. */
async function buildOnce(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(root, 'tools/setup/prepare.mjs'), '--quiet']);
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly bytes: Buffer;
  readonly stderr: string;
  readonly json: () => Record<string, unknown>[];
}

/** A process of the built command line. */
export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves once so many lines of a type have come in `--json`, or the process has ended. */
  seen(type: string, count: number): Promise<void>;
}

/**
 * A home of the app for the tests of one file, so that none touches a person's own, and what was measured of the
 * machine is measured once. Brings out/ up to date first.
 */
export async function prepareHome(): Promise<{ home: string; remove: () => Promise<void> }> {
  await buildOnce();
  const home = await mkdtemp(join(tmpdir(), 'unspeckle-home-'));
  return { home, remove: () => rm(home, { recursive: true, force: true, maxRetries: 5 }) };
}

export interface StartOptions {
  readonly stdin?: Buffer;
  readonly cwd?: string;
  /** A program and its arguments under which the command line runs, such as strace. */
  readonly under?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** A folder of a test's own: pictures, results, temporary files. */
export class Workspace {
  readonly folder: string;
  readonly home: string;
  readonly pictures: string;
  readonly out: string;

  private constructor(folder: string, home: string) {
    this.folder = folder;
    this.home = home;
    this.pictures = join(folder, 'pictures');
    this.out = join(folder, 'out');
  }

  static async make(home: string): Promise<Workspace> {
    const workspace = new Workspace(await mkdtemp(join(tmpdir(), 'unspeckle-e2e-')), home);
    await mkdir(workspace.pictures);
    await mkdir(join(workspace.folder, 'tmp'));
    return workspace;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Runs `unspeckle` to its end. */
  run(argv: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return this.start(argv, options).ended;
  }

  start(argv: readonly string[], { stdin, cwd, under = [], env = {} }: StartOptions = {}): Running {
    const [command = '', ...rest] = [...under, process.execPath, join(root, 'out/cli.js'), ...argv];
    const child = spawn(command, rest, {
      cwd: cwd ?? this.folder,
      env: {
        ...process.env,
        UNSPECKLE_HOME: this.home,
        TMPDIR: join(this.folder, 'tmp'),
        LANG: 'C',
        LC_ALL: 'C',
        ...env,
      },
      stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      // A group of its own, as a shell gives it, so that Ctrl-C can be sent to all of it.
      detached: true,
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(stdin);
    return follow(child);
  }

  temporaryFiles(): Promise<string[]> {
    return readdir(join(this.folder, 'tmp'));
  }
}

function follow(child: ChildProcess): Running {
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  const waiting = new Set<() => void>();
  const text = (): string => Buffer.concat(stdout).toString('utf8');
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout.push(chunk);
    for (const check of waiting) check();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const bytes = Buffer.concat(stdout);
      const errors = Buffer.concat(stderr).toString('utf8');
      resolve({ code, signal, bytes, stdout: text(), stderr: errors, json: () => linesOf(text()) });
    });
  });
  const seen = (type: string, count: number): Promise<void> => {
    const arrived = new Promise<void>((resolve) => {
      const check = (): void => {
        if (text().split(`"type":"${type}"`).length > count) {
          waiting.delete(check);
          resolve();
        }
      };
      waiting.add(check);
      check();
    });
    return Promise.race([arrived, ended.then(() => {})]);
  };
  return { process: child, ended, seen };
}

/** Process ids of the children of a process, as Linux knows them. */
export async function childrenOf(pid: number | undefined): Promise<number[]> {
  const file = `/proc/${pid}/task/${pid}/children`;
  // It may end between two looks.
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until something is so, at most some seconds. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  seconds = 10,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Every file below a folder, by its path from there, sorted; names as bytes where they are no text. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** What must not change of a source: content, size, time of change, mode. */
export async function fingerprints(folder: string): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const file of await filesIn(folder)) {
    const path = join(folder, file);
    const { size, mtimeMs, mode } = await stat(path);
    const hash = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    result[file] = [hash, size, mtimeMs, mode].join(' ');
  }
  return result;
}
