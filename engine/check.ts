import { checkModel } from './jobs/check-model.ts';
import { processChannel, serve } from './serve.ts';

/**
 * The process that checks one stranger's model, and ends with it. It loads no library of pictures, and TensorFlow.js
 * only for a model that passed everything that can be told without: most are refused within a fraction of a second.
 */
serve(
  { checkModel },
  processChannel(),
  () => process.exit(0),
  () => process.memoryUsage.rss(),
);
