import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import type { TestContext } from 'vitest';

/** How a program ended: its exit status as a shell shows it, 137 when it was killed, 127 when it is not here. */
export function run(command: string, args: readonly string[]): Promise<{ status: number; stderr: string }> {
  return new Promise((resolve) => {
    // strace counts calls by thread: with one thread for files, the n-th call is the n-th of the program.
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.on('error', (error) => resolve({ status: 127, stderr: error.message }));
    child.on('close', (code, signal) => resolve({ status: signal ? 137 : (code ?? 0), stderr }));
  });
}

/** A program of its own from a module of storage/ and a few lines that use it. */
export async function makeProgram(where: string, module: string, lines: string): Promise<string> {
  await build({
    logLevel: 'silent',
    configFile: false,
    build: {
      ssr: join(import.meta.dirname, `../../storage/${module}.ts`),
      outDir: where,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: `${module}.mjs` } },
    },
  });
  const program = join(where, `use-${module}.mjs`);
  await writeFile(program, lines);
  return program;
}

/** Runs a program with a fault injected into some system calls, such as `signal=SIGKILL:when=3`. */
export function withFault(calls: string, fault: string, program: string, ...args: string[]) {
  const trace = ['-f', '-qq', '-o', '/dev/null', `--trace=${calls}`, `--inject=${calls}:${fault}`];
  return run('strace', [...trace, process.execPath, program, ...args]);
}

/** Skips the test where faults cannot be injected. */
export async function needTrace(context: TestContext): Promise<void> {
  const { status } = await run('strace', ['-qq', '-o', '/dev/null', 'true']);
  if (status !== 0) context.skip('strace is not here or may not trace');
}
