/** Thread counts to choose from: all cores (0), then 1, 2, 4 … up to those of the machine, and the present one. */
export function threadChoices(cores: number, present: number): number[] {
  const steps = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128].filter((count) => count < cores);
  return sorted([0, ...steps, ...(cores > 0 ? [cores] : []), present]);
}

const gigabyte = 1e9;

/** Memory limits to choose from: by what is free (0), then 1, 2, 4 … GB below that of the machine, and the present one. */
export function memoryChoices(memoryBytes: number, present: number): number[] {
  const steps = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128].map((count) => count * gigabyte);
  return sorted([0, ...steps.filter((bytes) => bytes < memoryBytes), present]);
}

const sorted = (values: readonly number[]) => [...new Set(values)].sort((one, other) => one - other);
