import { sigma255 } from '../contract/noise.ts';

/** How numbers are shown to people: the same everywhere, with a point, whatever the locale. */

export const factorText = (noiseFactor: number): string => noiseFactor.toFixed(3);
export const sigmaText = (noiseFactor: number): string => sigma255(noiseFactor).toFixed(1);
export const decibelText = (psnr: number): string => psnr.toFixed(2);
export const ssimText = (ssim: number): string => ssim.toFixed(4);
export const lossText = (loss: number): string => loss.toFixed(5);

/** Megapixels per second. */
export function speedText(megapixels: number, seconds: number): string {
  if (seconds <= 0) return '– MP/s';
  return `${rateText(megapixels / seconds)} MP/s`;
}

/** Two digits that tell something at least, down to a thousandth. */
export function rateText(rate: number): string {
  if (rate >= 10) return rate.toFixed(1);
  return rate.toFixed(rate < 0.1 ? 3 : 2);
}

/** `0.42 s`, `12.3 s`, `2 min 05 s`, `1 h 02 min`. */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  return longDurationText(seconds);
}

/** A duration that need not be exact, such as the time left: whole seconds at least. */
export function longDurationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** Bytes in units of 1000, as disks and shops count. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');
