import { freemem, totalmem } from 'node:os';

/** Bytes of memory that this process may still take: what the machine has, or what the bound of its group leaves. */
export function freeMemory(): number {
  // Node 20.13 knows of groups; before, the machine alone counts.
  const free = (process as { availableMemory?: () => number }).availableMemory?.() ?? freemem();
  // macOS counts as taken what it would give back at once.
  return process.platform === 'darwin' ? Math.max(free, totalmem() / 2) : free;
}
