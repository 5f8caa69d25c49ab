import { z } from 'zod';
import { backendNames } from './backend.ts';
import { cleanSettings, pictureChanges } from './clean.ts';

export { pictureChanges, pictureChoices, type PictureChanges, type PictureChoices } from './clean.ts';

/** What a batch is asked for in the window: how pictures are cleaned, how they are written and where. */
export const batchChoices = cleanSettings
  .omit({ salvage: true, backend: true, threads: true, memory: true })
  .extend({
    /** Absolute path of the output folder; null writes beside each source. Windows never send it: see `outputFolder`. */
    out: z.string().min(1).nullable().default(null),
  });
export type BatchChoices = z.infer<typeof batchChoices>;

const { shape } = batchChoices;

/** Some of the choices, without the output folder; what is not given stays away, instead of becoming its default. */
export const batchChanges = z.strictObject({
  ...pictureChanges.shape,
  /** Null: as the strength of brightness. */
  colourStrength: shape.colourStrength.nullable(),
  format: shape.format.unwrap().optional(),
  quality: shape.quality.unwrap().optional(),
  bitDepth: shape.bitDepth.unwrap().optional(),
  name: shape.name.unwrap().optional(),
  onConflict: shape.onConflict.unwrap().optional(),
  metadata: shape.metadata.unwrap().optional(),
} satisfies Record<keyof Omit<BatchChoices, 'out'>, z.ZodType>);
export type BatchChanges = z.infer<typeof batchChanges>;

/** Choices that are kept under a name. */
export const preset = z.strictObject({ name: z.string().trim().min(1).max(60), choices: batchChoices });
export type Preset = z.infer<typeof preset>;

export const themes = ['system', 'light', 'dark'] as const;
export const languages = ['system', 'en', 'zh-Hans'] as const;

/**
 * The person's choices that outlive a run: one object for window, batch and command line, in `settings.json`. What an
 * earlier version wrote is read with the defaults of today for what is new.
 */
export const settings = z.strictObject({
  version: z.literal(2),
  /** Id of the model that stands for `default`; null lets the app choose. */
  defaultModel: z.string().min(1).nullable().default(null),
  theme: z.enum(themes).default('system'),
  language: z.enum(languages).default('system'),
  /** Tell of a finished batch when the window is not in front. */
  notifications: z.boolean().default(true),
  /** Show progress on the dock or taskbar icon. */
  taskbarProgress: z.boolean().default(true),
  backend: z.enum(['auto', ...backendNames]).default('auto'),
  /** Threads of the network; 0 means all cores. */
  threads: z.int().min(0).max(256).default(0),
  /** Bound for the engine's memory in bytes; 0 means by what is free. */
  memory: z.int().min(0).default(0),
  /** The choices of the last batch. */
  batch: batchChoices.default(batchChoices.parse({})),
  presets: z.array(preset).max(200).default([]),
});
export type Settings = z.infer<typeof settings>;
