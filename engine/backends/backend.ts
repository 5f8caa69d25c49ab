import type { BackendName, BackendState } from '../../contract/backend.ts';
import type { TileNetwork } from '../../model/inference/tile-network.ts';
import type { LoadedModel } from '../models/load.ts';

/** A network with its weights inside one backend, ready to answer tiles until it is disposed. */
export interface BackendNetwork extends TileNetwork {
  dispose(): Promise<void>;
}

/** One library that can run networks. */
export interface Backend {
  readonly name: BackendName;
  /** Used only where no other can be. */
  readonly lastResort?: boolean;
  /** Version and device, or why it can't be used and what to do. Loads the library, never throws. */
  describe(): Promise<BackendState>;
  /**
   * Prepares a network: weights are copied in, the graph is built and optimised.
   * @param threads of the network; 0 means all cores.
   * @throws AppError `backend-unavailable`
   */
  load(model: LoadedModel, threads: number): Promise<BackendNetwork>;
}
