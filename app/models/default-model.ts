import { AppError } from '../../contract/errors.ts';
import type { ModelSummary } from '../../contract/model-card.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { StoredModel } from './model-library.ts';

/** 24 megapixels in 30 s. */
export const fastEnough = 24 / 30;

/** Models the app may choose by itself: those for photographs, and while there is none, those for Gaussian noise. */
const families = ['photo-', 'gaussian-'] as const;

/** As models are listed: the families in the order in which they are chosen from, then a person's own. */
export function inListOrder<M extends Pick<StoredModel, 'id' | 'bundled'>>(models: readonly M[]): M[] {
  const family = ({ id, bundled }: M) => {
    const at = bundled ? families.findIndex((name) => id.startsWith(name)) : -1;
    return at < 0 ? families.length : at;
  };
  return [...models].sort((one, other) => family(one) - family(other));
}

/** The bundled models among which the default is chosen, the largest first. */
export function defaultCandidates(models: readonly StoredModel[]): StoredModel[] {
  for (const family of families) {
    const members = models.filter(({ id, bundled }) => bundled && id.startsWith(family));
    if (members.length > 0) return members.sort((a, b) => b.bytes - a.bytes || (a.id < b.id ? -1 : 1));
  }
  return [];
}

/**
 * The largest model that is fast enough on this machine; when none is, the smallest. Without a model of the app
 * the person's own first one.
 * @param chosen the person's own choice, which goes before everything while it is there
 * @param speedOf megapixels per second, or null when it is not known; asked only where it matters
 * @throws AppError `model-not-found` when there is no model at all
 */
export async function chooseDefault(
  models: readonly StoredModel[],
  chosen: string | null,
  speedOf: (model: ModelSummary) => Promise<number | null>,
): Promise<ModelSummary> {
  const asDefault = (model: StoredModel): ModelSummary => ({ ...model, isDefault: true });
  const wanted = models.find(({ id }) => id === chosen);
  if (wanted) return asDefault(wanted);
  const candidates = defaultCandidates(models);
  for (const candidate of candidates.slice(0, -1)) {
    const speed = await speedOf(asDefault(candidate));
    if (speed !== null && speed >= fastEnough) return asDefault(candidate);
  }
  const last = candidates.at(-1) ?? models[0];
  if (!last) throw new AppError('model-not-found', { model: 'default', known: phrase('no-models') });
  return asDefault(last);
}
