import { AppError, failureOf } from '../../contract/errors.ts';
import type { WindowAnswer, WindowMethod, WindowRequest } from '../../contract/window-api.ts';
import type { WindowHost } from '../../contract/window-host.ts';
import type { Messages } from './messages.svelte.ts';

/** Calls to the app. A failure is shown to the person, unless the caller says it will. */
export class Calls {
  readonly host: WindowHost;
  readonly #messages: Messages;

  constructor(host: WindowHost, messages: Messages) {
    this.host = host;
    this.#messages = messages;
  }

  /** The answer, or null after a failure, which has then been shown. */
  async ask<M extends WindowMethod>(method: M, request: WindowRequest<M>): Promise<WindowAnswer<M> | null> {
    try {
      return await this.demand(method, request);
    } catch (thrown) {
      this.#messages.fail(failureOf(thrown));
      return null;
    }
  }

  /** For calls that answer nothing: whether it went well. */
  async tell<M extends WindowMethod>(method: M, request: WindowRequest<M>): Promise<boolean> {
    try {
      await this.demand(method, request);
      return true;
    } catch (thrown) {
      this.#messages.fail(failureOf(thrown));
      return false;
    }
  }

  /** @throws AppError */
  async demand<M extends WindowMethod>(method: M, request: WindowRequest<M>): Promise<WindowAnswer<M>> {
    const reply = await this.host.invoke(method, request);
    if (reply.ok) return reply.value;
    throw new AppError(reply.code, reply.details);
  }
}
