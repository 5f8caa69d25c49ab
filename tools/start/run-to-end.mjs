// @ts-check
import { spawn } from 'node:child_process';

/**
 * Runs a program in this terminal until it ends. A Ctrl-C reaches it directly; other wishes to end are passed on.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ root: string, env: NodeJS.ProcessEnv }} where
 * @returns {Promise<number>} its exit code; 1 when it could not be started or was killed
 */
export async function runToEnd(program, args, { root, env }) {
  const child = spawn(program, [...args], { stdio: 'inherit', cwd: root, env });
  const ignore = () => undefined;
  const passOn = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore);
  process.on('SIGTERM', passOn);
  process.on('SIGHUP', passOn);
  try {
    return await new Promise((resolve) => {
      child.once('error', () => resolve(1));
      child.once('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    process.off('SIGINT', ignore);
    process.off('SIGTERM', passOn);
    process.off('SIGHUP', passOn);
  }
}
