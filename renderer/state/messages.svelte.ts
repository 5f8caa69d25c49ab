import { untrack } from 'svelte';
import type { Failure } from '../../contract/errors.ts';

/** What is shown at the edge of the window until it is dismissed or has been read. */
export type Message =
  | { readonly id: number; readonly kind: 'failure'; readonly failure: Failure }
  | { readonly id: number; readonly kind: 'note'; readonly text: string };

const noteMilliseconds = 6000;
const mostAtOnce = 4;

/** Short messages, and what a screen reader is told. */
export class Messages {
  #shown = $state.raw<readonly Message[]>([]);
  #spoken = $state('');
  #next = 1;

  get shown(): readonly Message[] {
    return this.#shown;
  }

  /** Text of the live region. */
  get spoken(): string {
    return this.#spoken;
  }

  speak(text: string): void {
    // The same words twice would not be read again: a change that can't be heard is added.
    this.#spoken = untrack(() => this.#spoken) === text ? `${text}\u00a0` : text;
  }

  fail({ code, details, message }: Failure): void {
    if (code === 'cancelled') return;
    const failure = { code, details, message };
    const same = this.#shown.find((shown) => shown.kind === 'failure' && shown.failure.message === message);
    if (!same) this.#add({ id: this.#next++, kind: 'failure', failure });
  }

  note(text: string): void {
    const message = { id: this.#next++, kind: 'note', text } as const;
    this.#add(message);
    setTimeout(() => this.dismiss(message.id), noteMilliseconds);
  }

  dismiss(id: number): void {
    this.#shown = this.#shown.filter((message) => message.id !== id);
  }

  #add(message: Message): void {
    this.#shown = [...this.#shown.slice(1 - mostAtOnce), message];
  }
}
