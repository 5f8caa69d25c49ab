import { readFile, writeFile } from 'node:fs/promises';

/** Starts the count of the largest memory of this process anew, where the system lets it. */
export async function forgetPeakMemory(): Promise<void> {
  if (process.platform === 'linux') await writeFile('/proc/self/clear_refs', '5').catch(() => undefined);
}

/** Bytes of memory this process had at most, since it began or since they were forgotten. */
export async function peakMemory(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
  return kilobytes ? Number(kilobytes) * 1024 : process.resourceUsage().maxRSS * 1024;
}
