import { samplesLike, whiteOf, type Raster, type Samples } from '../../model/image.ts';

/** Colour and alpha sample by sample: `[height, width, channels + 1]`. */
export function interleaved(colour: Raster, alpha: Raster): Samples {
  const { channels, samples } = colour;
  const out = samplesLike(samples, samples.length + alpha.samples.length);
  fillInterleaved(out, samples, channels, alpha.samples, 0, alpha.samples.length);
  return out;
}

/** Writes `pixels` pixels from pixel `first` on to the start of `out`. */
export function fillInterleaved(
  out: Samples,
  colour: Samples,
  channels: 1 | 3,
  alpha: Samples,
  first: number,
  pixels: number,
): void {
  let [from, to] = [first * channels, 0];
  for (let pixel = first; pixel < first + pixels; pixel++) {
    out[to++] = colour[from++]!;
    if (channels === 3) {
      out[to++] = colour[from++]!;
      out[to++] = colour[from++]!;
    }
    out[to++] = alpha[pixel]!;
  }
}

/** What shows on white paper, for formats without transparency. */
export function onWhite(colour: Raster, alpha: Raster, multiplied: boolean): Raster {
  const white = whiteOf(colour.samples);
  return perPixel(colour, alpha, (value, opacity) => {
    return value * (multiplied ? 1 : opacity) + white * (1 - opacity);
  });
}

/** Colour that has alpha multiplied into it, as it was before. */
export function unmultiplied(colour: Raster, alpha: Raster): Raster {
  const white = whiteOf(colour.samples);
  return perPixel(colour, alpha, (value, opacity) =>
    opacity > 0 ? Math.min(white, value / opacity) : value,
  );
}

function perPixel(colour: Raster, alpha: Raster, change: (value: number, opacity: number) => number): Raster {
  const { channels, samples } = colour;
  const out = samplesLike(samples, samples.length);
  const white = whiteOf(alpha.samples);
  const half = samples instanceof Float32Array ? 0 : 0.5;
  for (let at = 0; at < samples.length; at++) {
    const opacity = alpha.samples[channels === 1 ? at : Math.floor(at / 3)]! / white;
    // Opaque pixels, nearly all of a picture, stay exactly as they are.
    out[at] = opacity === 1 ? samples[at]! : change(samples[at]!, opacity) + half;
  }
  return { ...colour, samples: out };
}
