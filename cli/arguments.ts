import { AppError } from '../contract/errors.ts';
import { verbatim } from '../contract/texts/fill-in.ts';
import { say } from './say.ts';

/** Readers of option values. Each says which parameter it read, what was expected and what came. */

export function invalid(parameter: string, expected: string, received: string): AppError {
  return new AppError('argument-invalid', { parameter, expected: verbatim(expected), received });
}

export const quoted = (text: string): string => say('received-text', { text });

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const whole = /^\d+$/;

export function numberFrom(parameter: string, low: number, high: number, expected?: string) {
  return (text: string): number => {
    const value = decimal.test(text) ? Number(text) : NaN;
    if (value >= low && value <= high) return value;
    throw invalid(parameter, expected ?? say('expect-number', { low, high }), quoted(text));
  };
}

export function numberAbove0(parameter: string, high: number) {
  return (text: string): number => {
    const value = decimal.test(text) ? Number(text) : NaN;
    if (value > 0 && value <= high) return value;
    throw invalid(parameter, say('expect-number-above'), quoted(text));
  };
}

export function wholeNumberFrom(parameter: string, low: number, high: number) {
  return (text: string): number => {
    const value = whole.test(text) ? Number(text) : NaN;
    if (value >= low && value <= high) return value;
    throw invalid(parameter, say('expect-whole', { low, high }), quoted(text));
  };
}

export function oneOf<T extends string>(parameter: string, choices: readonly T[]) {
  return (text: string): T => {
    const choice = choices.find((known) => known === text);
    if (choice !== undefined) return choice;
    throw invalid(parameter, say('expect-choice', { choices: choices.join(', ') }), quoted(text));
  };
}

/** A noise factor, or `auto`. */
export function noiseFactorOrAuto(parameter: string) {
  const number = numberFrom(parameter, 0, 1, say('expect-noise-factor'));
  return (text: string): number | 'auto' => (text === 'auto' ? 'auto' : number(text));
}

export function givenNoiseFactor(parameter: string) {
  return numberFrom(parameter, 0, 1, say('expect-given-noise-factor'));
}

/** A text that is not empty. */
export function someText(parameter: string) {
  return (text: string): string => {
    if (text.length > 0) return text;
    throw invalid(parameter, say('expect-text'), quoted(text));
  };
}

/** What a file system can take as a path: not empty, no NUL. */
export function pathText(parameter: string) {
  return (text: string): string => {
    if (text.length > 0 && !text.includes('\0')) return text;
    throw invalid(parameter, say('expect-path'), quoted(text));
  };
}

/** Tokens a name may be made of; see the contract's `cleanSettings.name`. */
export const nameTokens = ['name', 'ext', 'model', 'factor', 'date', 'counter', 'parent'] as const;

export function nameTemplate(parameter: string) {
  return (text: string): string => {
    const tokens = [...text.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? '');
    const unknown = tokens.find((token) => !nameTokens.some((known) => known === token));
    const plain = text.replace(/\{[^{}]*\}/g, '');
    if (unknown === undefined && text.length > 0 && text.length <= 200 && !/[/\\{}\0]/.test(plain))
      return text;
    const tokenList = nameTokens.map((token) => `{${token}}`).join(' ');
    throw invalid(parameter, say('expect-template', { tokens: tokenList }), quoted(text));
  };
}
