import type { EngineApi, EngineEvent } from '../contract/engine-api.ts';

/** What a handler gets beside its request. */
export interface RequestContext {
  /** Aborted when the request is cancelled or the channel closes. */
  readonly signal: AbortSignal;
  /** Tells the caller something while the request is still being worked on. */
  send(event: EngineEvent): void;
}

/** Answers one kind of request. What it throws becomes the reply's failure. */
export type Handler<M extends keyof EngineApi> = (
  request: Parameters<EngineApi[M]>[0],
  context: RequestContext,
) => ReturnType<EngineApi[M]>;

/** One handler for each name of the contract. */
export type Handlers = { readonly [M in keyof EngineApi]: Handler<M> };
