/** The messages between the window and the main process. There are no others. */
export const channels = {
  /** A call of the window: method and request as JSON; answered with a reply as JSON. */
  invoke: 'unspeckle:invoke',
  /** Absolute paths of what was dropped, which only the preload can know; answered with a reply as JSON. */
  addPaths: 'unspeckle:add-paths',
  /** The same of what is to be trained on. */
  addTrainingPaths: 'unspeckle:add-training-paths',
  /** A tile that the page no longer wants, by the number it was asked for with. */
  forgetTile: 'unspeckle:forget-tile',
  /** From the main process: an event of the app as JSON. */
  event: 'unspeckle:event',
} as const;

/** Header with the number of a tile. */
export const tileHeader = 'x-tile';
