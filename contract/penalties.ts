import { z } from 'zod';
import { phrase } from './texts/fill-in.ts';
import { AppError } from './errors.ts';

/** What a training can minimise beside the error of its answers. */
export const penaltyKinds = ['sparsity-l1', 'sparsity-kl', 'contractive', 'weight-decay'] as const;
export type PenaltyKind = (typeof penaltyKinds)[number];

const weight = z.number().positive().max(1e6);

/**
 * A penalty and its weight: what it comes to is multiplied by it and added to the loss. `model/objectives/` has the
 * formula of each.
 */
export const penalty = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sparsity-l1'), weight }),
  /** `activation`: how active each unit of the code should be on average, ρ. */
  z.strictObject({
    kind: z.literal('sparsity-kl'),
    weight,
    activation: z.number().gt(0).lt(1).default(0.05),
  }),
  z.strictObject({ kind: z.literal('contractive'), weight }),
  z.strictObject({ kind: z.literal('weight-decay'), weight }),
]);
export type Penalty = z.infer<typeof penalty>;

export const penalties = z.array(penalty).max(penaltyKinds.length);

/**
 * Reads penalties as the command line has them: `kind:WEIGHT`, joined by `+`; after the weight of `sparsity-kl` the
 * wanted activation may follow, as in `sparsity-kl:0.01:0.05`.
 * @throws AppError `argument-invalid` with the parameter `penalty`
 */
export function parsePenalties(text: string): Penalty[] {
  return text.split('+').map((part) => {
    const [kind, weightText, activationText, ...others] = part.trim().split(':');
    const read = penalty.safeParse({
      kind,
      weight: numberOf(weightText),
      ...(activationText === undefined ? {} : { activation: numberOf(activationText) }),
    });
    if (read.success && others.length === 0) return read.data;
    const expected = phrase('expect-penalties', { kinds: penaltyKinds.join(', ') });
    throw new AppError('argument-invalid', { parameter: 'penalty', expected, received: `“${text}”` });
  });
}

export const formatPenalties = (given: readonly Penalty[]): string =>
  given
    .map((one) => [one.kind, one.weight, ...('activation' in one ? [one.activation] : [])].join(':'))
    .join('+');

/** Nothing is not 0 here. */
const numberOf = (text: string | undefined): number => (text?.trim() ? Number(text) : NaN);
