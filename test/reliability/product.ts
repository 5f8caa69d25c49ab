import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, type TestContext } from 'vitest';
import { prepareHome, Workspace } from '../cli/built-cli.ts';
import { keepMeasurement, lendMeasurement } from '../window/measured.ts';

/** What most tests run: a noise factor is given, so that nothing has to be measured. */
export const clean = ['clean', 'pictures', '--out', 'out', '--json', '--noise-factor', '0.1'];

/** The built command line with a folder of each test's own; what was measured of this machine is measured once. */
export function useProduct(): () => Workspace {
  let prepared: Awaited<ReturnType<typeof prepareHome>>;
  let at: Workspace;
  beforeAll(async () => {
    prepared = await prepareHome();
    await lendMeasurement(prepared.home);
  }, 180_000);
  afterAll(async () => {
    await keepMeasurement(prepared.home);
    await prepared.remove();
  });
  beforeEach(async () => {
    at = await Workspace.make(prepared.home);
  });
  afterEach(async () => {
    unmountDisks();
    // It also removes what no path can name.
    execFileSync('rm', ['-rf', at.folder]);
    await at.remove();
  });
  return () => at;
}

/** Disks that go with the test. */
const mounted: string[] = [];

export function unmountDisks(): void {
  for (const place of mounted.splice(0)) execFileSync('umount', ['-l', place]);
}

/** Mounts a disk of its own, which goes with the test; skips the test where that may not be done. */
export async function mountDisk(context: TestContext, place: string, options: string): Promise<void> {
  await mkdir(place, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place], { stdio: 'ignore' });
  } catch {
    context.skip('a disk of its own cannot be mounted here');
  }
  mounted.push(place);
}

export function remount(place: string, options: string): void {
  execFileSync('mount', ['-o', `remount,${options}`, place]);
}

/** Whether a program can be run here. */
function has(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** `strace` with its arguments, to run the command line under; skips where nothing may be traced. */
export function straceOf(context: TestContext, ...args: string[]): string[] {
  if (!has('strace', '-qq', '-o', '/dev/null', 'true')) context.skip('strace is not here or may not trace');
  // The quick way of strace 6.1 passes over calls that something was to be injected into.
  const quick = args.some((one) => one.startsWith('inject=')) ? [] : ['--seccomp-bpf'];
  return ['strace', '-f', '-qq', ...quick, ...args];
}

/** A command in front of a program that runs it as somebody who owns nothing. */
export function asNobody(context: TestContext): string[] {
  const command = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
  if (!has(command[0] ?? '', ...command.slice(1), 'true'))
    context.skip('this user may not become another one');
  return command;
}

const memoryGroups = '/sys/fs/cgroup/memory';

/** A command in front of a program that bounds its memory and that of its children. */
export async function withMemory(context: TestContext, bytes: number): Promise<string[]> {
  const group = join(memoryGroups, `unspeckle-test-${process.pid}`);
  try {
    if (!existsSync(join(memoryGroups, 'memory.limit_in_bytes'))) throw new Error('another kind of groups');
    await mkdir(group);
    await writeFile(join(group, 'memory.limit_in_bytes'), String(bytes));
  } catch {
    context.skip('memory cannot be bounded by control groups (version 1) here');
  }
  context.onTestFinished(() => void execFileSync('rmdir', [group]));
  return ['bash', '-c', `echo $BASHPID > ${group}/cgroup.procs && exec "$0" "$@"`];
}

/** Whether the kernel ended something in a group since it was made, for want of memory. */
export async function outOfMemory(): Promise<number> {
  const found = /^oom_kill (\d+)$/m.exec(await readFile('/proc/vmstat', 'latin1'));
  return Number(found?.[1] ?? 0);
}

/** The environment in which a program has another clock, and a way to move it while it runs. */
export async function movableClock(
  context: TestContext,
  folder: string,
): Promise<{ env: NodeJS.ProcessEnv; moveTo: (offset: string) => Promise<void> }> {
  const library = [
    '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
    '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
  ].find((path) => existsSync(path));
  if (library === undefined) context.skip('libfaketime is not here');
  const file = join(folder, 'clock');
  const moveTo = (offset: string) => writeFile(file, `${offset}\n`);
  await moveTo('+0');
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    // As the kernel has it: only the clock on the wall is set.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
  return { env, moveTo };
}

/** A home of its own for one test, with what was measured of this machine. */
export async function ownHome(folder: string): Promise<string> {
  const home = join(folder, 'own-home');
  await lendMeasurement(home);
  return home;
}
