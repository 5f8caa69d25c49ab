import type { z } from 'zod';
import {
  batchChoices,
  preset,
  settings as schema,
  type Preset,
  type Settings,
} from '../contract/settings.ts';

/** A file that holds no settings at all. */
export class SettingsAbsent extends Error {}

export interface Salvaged {
  readonly settings: Settings;
  /** Names of what could not be used and has its default. */
  readonly lost: readonly string[];
}

/**
 * Settings from what a file holds, whatever that is: each field that cannot be used has its default, alone.
 * Files of version 1 hold fewer fields and lose nothing.
 * @throws when it is not an object at all
 */
export function salvageSettings(raw: unknown): Salvaged {
  if (!isObject(raw)) throw new SettingsAbsent();
  const lost: string[] = [];
  const { version, batch, presets, ...rest } = raw;
  if (version !== 1 && version !== 2) lost.push('version');
  const fields = usable(schema.shape, rest, '', lost);
  return {
    settings: schema.parse({
      version: 2,
      ...fields,
      ...(batch === undefined ? {} : { batch: usableBatch(batch, 'batch', lost) }),
      ...(presets === undefined ? {} : { presets: usablePresets(presets, lost) }),
    }),
    lost,
  };
}

function usableBatch(raw: unknown, name: string, lost: string[]): Record<string, unknown> {
  if (isObject(raw)) return usable(batchChoices.shape, raw, `${name}.`, lost);
  lost.push(name);
  return {};
}

function usablePresets(raw: unknown, lost: string[]): Preset[] {
  if (!Array.isArray(raw)) {
    lost.push('presets');
    return [];
  }
  return raw.flatMap((one: unknown, index) => {
    if (isObject(one)) {
      const choices = usableBatch(one['choices'], `presets.${index}.choices`, lost);
      const parsed = preset.safeParse({ name: one['name'], choices });
      if (parsed.success) return [parsed.data];
    }
    lost.push(`presets.${index}`);
    return [];
  });
}

/** The fields of `raw` that the shape knows and takes. */
function usable(
  shape: Readonly<Record<string, z.ZodType>>,
  raw: Record<string, unknown>,
  prefix: string,
  lost: string[],
): Record<string, unknown> {
  const taken: [string, unknown][] = [];
  for (const [name, value] of Object.entries(raw)) {
    const parsed = Object.hasOwn(shape, name) ? shape[name]?.safeParse(value) : undefined;
    if (parsed?.success) taken.push([name, parsed.data]);
    else lost.push(prefix + name);
  }
  return Object.fromEntries(taken);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
