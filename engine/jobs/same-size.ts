import { AppError } from '../../contract/errors.ts';
import type { Raster } from '../../model/image.ts';

/** @throws AppError `pair-mismatched` when two pictures of a pair can't be compared sample by sample */
export function checkSameSize(image: Raster, clean: Raster, file: string): void {
  const [one, other] = [describe(image), describe(clean)];
  if (one !== other) throw new AppError('pair-mismatched', { file, noisy: one, clean: other });
}

const describe = ({ width, height, channels }: Raster): string =>
  `${width}×${height} ${channels === 1 ? 'grey' : 'colour'}`;
