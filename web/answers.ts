import { secured } from '../app/hosting/security-headers.ts';
import { hostTexts } from '../contract/texts/host-en.ts';
import type { Verdict } from './gate.ts';

/** The answer to whoever is not let in, or has only just been: a sentence for a person, or the way on. */
export function answerAtGate(verdict: Exclude<Verdict, { is: 'pass' }>): Response {
  switch (verdict.is) {
    case 'refused':
      return verdict.why === 'no-key'
        ? sentence(401, hostTexts['browser-no-key'])
        : sentence(403, hostTexts['browser-wrong-place']);
    case 'enter':
      return secured(
        new Response(null, { status: 303, headers: { location: '/', 'set-cookie': verdict.cookie } }),
      );
    case 'step-in':
      // A page of our own leads on, so that the next request comes from here and brings the cookie.
      return secured(
        new Response('<!doctype html><meta http-equiv="refresh" content="0;url=/">', {
          headers: { 'content-type': 'text/html; charset=utf-8', 'set-cookie': verdict.cookie },
        }),
      );
  }
}

export const nothingHere = (): Response => sentence(404, hostTexts['browser-nothing-here']);

function sentence(status: number, text: string): Response {
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  return secured(new Response(`${text}\n`, { status, headers }));
}
