/**
 * Makes the plane that tells a network the noise factor, `[height, width, 1]`. The last one is kept, because all
 * tiles of a picture have the same.
 */
export function noiseFactorPlanes(): (noiseFactor: number, height: number, width: number) => Float32Array {
  let plane = new Float32Array();
  return (noiseFactor, height, width) => {
    if (plane.length !== height * width) plane = new Float32Array(height * width);
    if (plane[0] !== Math.fround(noiseFactor)) plane.fill(noiseFactor);
    return plane;
  };
}
