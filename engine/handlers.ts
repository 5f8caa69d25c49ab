import type { ModelLocation, Runtime } from '../contract/engine-api.ts';
import { chooseBackend, type ChoiceOptions } from './backends/choose.ts';
import type { Handlers } from './channel.ts';
import { createBenchHandler } from './jobs/bench.ts';
import { checkModel } from './jobs/check-model.ts';
import { createCleanHandler } from './jobs/clean.ts';
import { compareImages } from './jobs/compare-images.ts';
import { contactSheet } from './jobs/contact-sheet.ts';
import { describeEngine } from './jobs/describe.ts';
import { estimateNoise } from './jobs/estimate.ts';
import { createEvaluateHandler } from './jobs/evaluate.ts';
import { inspectImage } from './jobs/inspect.ts';
import { createThumbnailHandler } from './jobs/thumbnail.ts';
import { trainModel, type TrainingServices } from './jobs/train.ts';
import { createCompleteViewHandler } from './jobs/view-complete.ts';
import { createJudgeResidualHandler } from './jobs/view-judge.ts';
import { createViewPixelsHandler } from './jobs/view-pixels.ts';
import { createScoreViewHandler } from './jobs/view-score.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { loadModel } from './models/load.ts';
import { onnxFile } from './models/onnx-file.ts';
import { PreparedNetworks } from './models/prepared-networks.ts';
import { surveyTrainingFolder } from './training/survey.ts';
import { TileGate } from './tile-gate.ts';
import type { ViewStore } from './views/view-store.ts';

/** What the jobs of one engine process share. */
export interface EngineParts {
  readonly backends: ChoiceOptions['backends'];
  /** What backends are compared with. */
  readonly reference: ChoiceOptions['reference'];
  readonly budget: MemoryBudget;
  readonly training: TrainingServices;
  /** Pictures that are looked at. */
  readonly views: ViewStore;
  /** Resolves when everything that was said to the application has left the process. */
  readonly delivered: () => Promise<void>;
}

/** One handler for each call of the contract. */
export function createHandlers({
  backends,
  reference,
  budget,
  training,
  views,
  delivered,
}: EngineParts): Handlers {
  const networks = new PreparedNetworks(backends);
  const gate = new TileGate(delivered);
  const network = (model: ModelLocation, runtime: Runtime) => networks.get(model, runtime);
  const clean = createCleanHandler({ network, budget, gate });
  const viewing = { views, network, gate };
  return {
    describe: () => describeEngine(backends),
    chooseBackend: async ({ model, choice, threads }, { signal }) =>
      chooseBackend(await loadModel(model), { backends, reference, choice, threads, signal }),
    inspectImage: (request, { signal }) => inspectImage(request, signal),
    cleanImage: clean,
    estimateNoise,
    evaluate: createEvaluateHandler({ network, gate }),
    train: (request, context) =>
      trainModel(
        request,
        training,
        (progress) => context.send({ type: 'training', progress }),
        context.signal,
        (begun) => context.send({ type: 'training-begun', begun }),
      ),
    surveyTraining: (request, context) => {
      const tell = (fraction: number) => context.send({ type: 'survey', fraction });
      return surveyTrainingFolder(request, training.decode, tell, context.signal);
    },
    thumbnail: createThumbnailHandler(training.decode),
    checkModel,
    onnxFile,
    bench: createBenchHandler({ network, clean }),
    compareImages,
    contactSheet,
    openView: ({ file, memory }, { signal }) => views.open(file, memory, signal),
    closeView: ({ view }) => Promise.resolve(views.close(view)),
    measureView: ({ view }) => views.get(view).measure(),
    viewPixels: createViewPixelsHandler(viewing),
    completeView: createCompleteViewHandler(viewing),
    judgeResidual: createJudgeResidualHandler(viewing),
    scoreView: createScoreViewHandler(viewing),
  };
}
