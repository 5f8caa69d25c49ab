import { readFileSync } from 'node:fs';

/** How many processes this machine has ended since its start because memory ran out; null where it is not told. */
export function oomKills(): number | null {
  if (process.platform !== 'linux') return null;
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1];
    return count === undefined ? null : Number(count);
  } catch {
    return null;
  }
}
