import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../../storage/durable-json.ts';
import { makePrivateFolder, type Places } from '../places.ts';

const schema = z.object({ version: z.literal(1), speeds: z.record(z.string(), z.number().positive()) });

const mostSpeeds = 100;

/** Less work says more about how a batch begins than about its speed. */
const leastSeconds = 5;

/** Speed of whole batches on this machine, from file to file, in megapixels per second. */
export class Speeds {
  readonly #places: Places;

  constructor(places: Places) {
    this.#places = places;
  }

  /** Null when no batch of this kind has run. */
  async of(kind: string): Promise<number | null> {
    return (await this.#read())[kind] ?? null;
  }

  async remember(kind: string, megapixels: number, seconds: number): Promise<void> {
    if (seconds < leastSeconds || megapixels <= 0) return;
    const others = Object.entries(await this.#read()).filter(([other]) => other !== kind);
    const entries: [string, number][] = [...others, [kind, megapixels / seconds]];
    try {
      await makePrivateFolder(this.#places.cache);
      await writeJson(this.#file, { version: 1, speeds: Object.fromEntries(entries.slice(-mostSpeeds)) });
    } catch {
      // Measured again with the next batch.
    }
  }

  get #file(): string {
    return join(this.#places.cache, 'speeds.json');
  }

  async #read(): Promise<Record<string, number>> {
    const found = await readJson(this.#file, (raw) => schema.parse(raw));
    return found.state === 'read' ? found.value.speeds : {};
  }
}

/** What a speed depends on. */
export const kindOf = ({
  model,
  backend,
  threads,
}: {
  model: string;
  backend: string;
  threads: number;
}): string => `${model} ${backend} ${threads}`;
