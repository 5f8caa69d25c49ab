// @ts-check
/**
 * Asks the registry for known weaknesses of what is in the lock file, and fails on serious ones. Where the registry
 * does not answer, or refuses to, it says so and does not fail: that tells nothing about the packages.
 *
 *   npm run audit
 */
import { realpathSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ownRoot } from '../setup/context.mjs';

/**
 * What came of an audit. `serious` names packages with weaknesses of high or critical severity.
 *
 * @typedef {{ audited: false, why: string } | { audited: true, serious: string[], all: number }} Audit
 */

/**
 * Reads what `npm audit --json` printed.
 *
 * @param {string} stdout
 * @returns {Audit}
 */
export function readAudit(stdout) {
  /** @type {{ error?: { summary?: string, code?: string }, message?: string, vulnerabilities?: Record<string, { severity: string }>, metadata?: object }} */
  let said;
  try {
    said = JSON.parse(stdout);
  } catch {
    return { audited: false, why: 'npm gave no answer that can be read' };
  }
  if (said.vulnerabilities === undefined) {
    return {
      audited: false,
      why: said.message ?? said.error?.summary ?? said.error?.code ?? 'no reason given',
    };
  }
  const found = Object.entries(said.vulnerabilities);
  const serious = found.filter(([, { severity }]) => severity === 'high' || severity === 'critical');
  return {
    audited: true,
    serious: serious.map(([name, { severity }]) => `${name} (${severity})`),
    all: found.length,
  };
}

/**
 * @param {string} root
 * @returns {Promise<Audit>}
 */
function audit(root) {
  const npm = process.platform === 'win32' ? ['cmd.exe', '/c', 'npm'] : ['npm'];
  const args = [...npm.slice(1), 'audit', '--json', '--audit=true'];
  return new Promise((resolve) => {
    // npm exits with 1 for what it finds as for what it cannot ask.
    execFile(npm[0] ?? 'npm', args, { cwd: root, maxBuffer: 2 ** 28, timeout: 120_000 }, (_error, stdout) =>
      resolve(readAudit(stdout)),
    );
  });
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const found = await audit(ownRoot);
  if (!found.audited) console.log(`The packages could not be audited here: ${found.why}`);
  else {
    console.log(`${found.all} packages with known weaknesses, ${found.serious.length} of them serious.`);
    for (const line of found.serious) console.log(line);
    process.exitCode = found.serious.length > 0 ? 1 : 0;
  }
}
