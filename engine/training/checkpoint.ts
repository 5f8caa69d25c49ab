import { checkpointState, tensorGroups, type TrainingRecord } from '../../contract/checkpoint.ts';
import type { NamedWeights, WeightValues } from '../../model/networks/weights.ts';
import type { LearnerState } from '../../model/training/learner.ts';
import type { FileContents } from './checkpoint-files.ts';

export interface Checkpoint {
  readonly record: TrainingRecord;
  readonly learner: LearnerState;
}

const STATE = 'state.json';
const TENSORS = 'tensors.bin';

/** A checkpoint as files: what it says as JSON, tensors one after the other as float32, little-endian. */
export function encodeCheckpoint({ record, learner }: Checkpoint): FileContents {
  const groups: Record<(typeof tensorGroups)[number], NamedWeights> = {
    weights: learner.weights,
    averaged: learner.averaged,
    first: learner.adam.first,
    second: learner.adam.second,
  };
  const all = tensorGroups.flatMap((group) =>
    [...groups[group]].map(([name, { shape, values }]) => ({ group, name, shape, values })),
  );
  const { step, typicalError, adam } = learner;
  const state = {
    version: 1,
    record,
    learner: { step, typicalError, adamSteps: adam.steps },
    tensors: all.map(({ group, name, shape }) => ({ group, name, shape })),
  };
  const bytes = all.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return { [STATE]: Buffer.from(JSON.stringify(state)), [TENSORS]: Buffer.concat(bytes) };
}

/** @throws Error where the files are not a checkpoint, or hold values that are not numbers */
export function decodeCheckpoint(contents: FileContents): Checkpoint {
  const [json, tensors] = [contents[STATE], contents[TENSORS]];
  if (!json || !tensors) throw new Error(`${STATE} or ${TENSORS} is missing`);
  const state = checkpointState.parse(JSON.parse(Buffer.from(json).toString('utf8')));
  const values = new Float32Array(Uint8Array.from(tensors).buffer);
  const groups = new Map(tensorGroups.map((group) => [group, new Map<string, WeightValues>()]));
  let at = 0;
  for (const { group, name, shape } of state.tensors) {
    const length = shape.reduce((product, side) => product * side, 1);
    groups.get(group)!.set(name, { shape, values: values.slice(at, at + length) });
    at += length;
  }
  if (at !== values.length) throw new Error(`${TENSORS} holds ${values.length} values, not ${at}`);
  if (!values.every(Number.isFinite)) throw new Error('it holds values that are not numbers');
  const { step, typicalError, adamSteps } = state.learner;
  const adam = { steps: adamSteps, first: groups.get('first')!, second: groups.get('second')! };
  const learnt = { weights: groups.get('weights')!, averaged: groups.get('averaged')!, adam };
  return { record: state.record, learner: { step, typicalError, ...learnt } };
}

/** Whether all that was learnt is still numbers: what is not must not replace what is. */
export function isFinite({ weights, averaged, adam }: LearnerState): boolean {
  return [weights, averaged, adam.first, adam.second].every((tensors) =>
    [...tensors.values()].every(({ values }) => values.every(Number.isFinite)),
  );
}
