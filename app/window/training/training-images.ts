import { AppError } from '../../../contract/errors.ts';
import { phrase } from '../../../contract/texts/fill-in.ts';
import type { TrainingJobs } from '../../training/training-jobs.ts';
import type { SurveyDesk } from './survey-desk.ts';

/**
 * A picture of a training by the parts of its address, see `trainingImagePath`.
 * @throws AppError `request-invalid` for what is no such address, `training-not-found`, `place-not-found`
 */
export async function trainingImage(
  parts: readonly string[],
  { training, surveys }: { readonly training: TrainingJobs; readonly surveys: SurveyDesk },
): Promise<Uint8Array> {
  const [of, ...names] = parts;
  if (of === 'sample' && names.length === 2) {
    const [picture = '', layer] = names;
    if (layer === 'noisy' || layer === 'clean') return surveys.image(picture, layer);
  }
  if (of === 'preview' && names.length === 3) {
    const [id = '', pin = '', layer = ''] = names;
    const wanted = layerOf(layer);
    if (wanted !== null && /^\d$/.test(pin)) {
      const { jobId } = await training.find(id);
      const image = await training.snapshots(jobId).image(Number(pin), wanted);
      if (image) return image;
      throw new AppError('place-not-found');
    }
  }
  throw new AppError('request-invalid', { reason: phrase('request-unknown-address') });
}

function layerOf(text: string): 'noisy' | 'clean' | { step: number } | null {
  if (text === 'noisy' || text === 'clean') return text;
  const match = /^step-(\d{1,12})$/.exec(text);
  return match ? { step: Number(match[1]) } : null;
}
