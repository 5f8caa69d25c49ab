import { availableParallelism, totalmem } from 'node:os';
import type { EngineDescription } from '../../contract/engine-api.ts';
import type { Backend } from '../backends/backend.ts';
import { imageLibraryVersions } from '../images/prepare.ts';

/** What this process has to work with. Loads every backend once. */
export async function describeEngine(backends: readonly Backend[]): Promise<EngineDescription> {
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    backends: await Promise.all(backends.map((backend) => backend.describe())),
    images: imageLibraryVersions(),
  };
}
