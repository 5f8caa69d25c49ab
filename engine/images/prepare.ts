import sharp from 'sharp';

/** The loaders of the formats that are read. Everything else libvips knows (SVG, PDF, raw dumps) stays shut. */
const loaders = ['Jpeg', 'Png', 'Webp', 'Tiff', 'Heif', 'Nsgif'].map((name) => `VipsForeignLoad${name}`);

/**
 * Sets the picture library up for this process: only the six loaders, no cache between pictures (each is
 * seen once), threads as given. To be called once, before the first picture.
 */
export function prepareSharp(options: { threads?: number } = {}): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: loaders });
  sharp.cache(false);
  if (options.threads !== undefined) sharp.concurrency(options.threads);
}

/** Versions of the libraries that decode and encode, for the description of the engine. */
export function imageLibraryVersions(): Readonly<Record<string, string>> {
  const versions = sharp.versions as Readonly<Record<string, string | undefined>>;
  const names = ['sharp', 'vips', 'jpeg', 'mozjpeg', 'png', 'tiff', 'webp', 'heif', 'aom'];
  return Object.fromEntries(names.flatMap((name) => (versions[name] ? [[name, versions[name]]] : [])));
}
