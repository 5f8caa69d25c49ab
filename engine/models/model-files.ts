import { promises } from 'node:fs';
import { basename } from 'node:path';
import {
  layersModel,
  mostParameters,
  mostTopologyBytes,
  type LayersModel,
} from '../../contract/layers-model.ts';
import { modelCard, type ModelCard } from '../../contract/model-card.ts';
import type { NetworkConfig } from '../../contract/network.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { WeightValues } from '../../model/networks/weights.ts';
import { parseBoundedJson } from './check/bounded-json.ts';
import { readPlainFile } from './check/plain-file.ts';
import { refusalOf, type Refuse } from './check/refusal.ts';
import { schemaReason } from './check/schema-reason.ts';
import { shapesOf, type WeightShapes } from './check/shapes.ts';
import { readTopology, refuseUnread, type Topology } from './check/topology.ts';
import { checkManifest, weightsFrom } from './check/weights.ts';

const topologyFile = 'model.json';
const weightsFile = 'weights.bin';
const cardFile = 'card.json';
const mostCardBytes = 4 * 2 ** 20;

/** A model folder as read and checked. Nothing in it has been run, and it owns no tensors. */
export interface ModelFiles {
  readonly card: ModelCard | null;
  /** The card's network, or the one recognised where there is no card. Its weights have these names and shapes. */
  readonly network: NetworkConfig;
  /** What `model.json` declares. Only compared, never built: networks are built from `network`. */
  readonly topology: Topology;
  /** By name, such as `stem/kernel`; all finite. */
  readonly weights: ReadonlyMap<string, WeightValues>;
}

/**
 * Reads a model folder without trusting it: one's own, which a disk may have damaged, or a stranger's. Three files
 * of fixed names are read, whatever the folder says, each no larger than can be meant; numbers are checked before
 * memory is set aside for them.
 * @param model what the person knows the model by, for the refusal
 * @throws AppError `model-invalid` with the first reason against it
 */
export async function readModelFiles(
  folder: string,
  model = basename(folder),
  signal?: AbortSignal,
): Promise<ModelFiles> {
  const refuse = refusalOf(model);
  const root = await promises.realpath(folder).catch((cause: unknown) => {
    throw refuse(phrase('model-folder-closed'), cause);
  });
  const declared = await readDeclaration(root, refuse, signal);
  const topology = readTopology(declared.modelTopology, refuse);
  const shapes = shapesOf(topology, refuse);
  refuseUnread(topology, refuse);
  const { weights, sha256 } = await readWeights(root, declared.weightsManifest, shapes, refuse, signal);
  const card = await readCard(root, sha256, refuse, signal);
  return { card, network: await networkOf(card, topology, shapes, refuse), topology, weights };
}

async function readDeclaration(folder: string, refuse: Refuse, signal?: AbortSignal): Promise<LayersModel> {
  const file = await readPlainFile(folder, topologyFile, { most: mostTopologyBytes }, refuse, signal);
  if (!file) throw refuse(phrase('model-file-missing', { file: topologyFile }));
  const value = parseBoundedJson(file.bytes, topologyFile, refuse);
  const parsed = layersModel.safeParse(value);
  if (!parsed.success) throw refuse(schemaReason(topologyFile, value, parsed.error), parsed.error);
  return parsed.data;
}

async function readWeights(
  folder: string,
  manifest: LayersModel['weightsManifest'],
  shapes: WeightShapes,
  refuse: Refuse,
  signal?: AbortSignal,
) {
  const extent = {
    most: 4 * mostParameters,
    exactly: checkManifest(manifest, weightsFile, shapes, refuse),
  };
  const file = await readPlainFile(folder, weightsFile, extent, refuse, signal);
  if (!file) throw refuse(phrase('model-file-missing', { file: weightsFile }));
  return { weights: weightsFrom(file.bytes, manifest, refuse), sha256: file.sha256 };
}

async function readCard(
  folder: string,
  weightsSha256: string,
  refuse: Refuse,
  signal?: AbortSignal,
): Promise<ModelCard | null> {
  const file = await readPlainFile(folder, cardFile, { most: mostCardBytes }, refuse, signal);
  if (!file) return null;
  const value = parseBoundedJson(file.bytes, cardFile, refuse);
  const card = modelCard.safeParse(value);
  if (!card.success) throw refuse(schemaReason(cardFile, value, card.error), card.error);
  if (card.data.weightsSha256 !== weightsSha256) {
    throw refuse(phrase('model-file-other', { file: weightsFile, card: cardFile }));
  }
  return card.data;
}

async function networkOf(
  card: ModelCard | null,
  topology: Topology,
  shapes: WeightShapes,
  refuse: Refuse,
): Promise<NetworkConfig> {
  // Our networks come with TensorFlow.js, which takes longer to load than everything before: only what got so far is worth it.
  const { hasWeights, recogniseNetwork } = await import('./check/recognise.ts');
  const network = card?.network ?? recogniseNetwork(topology);
  if (network && hasWeights(network, shapes)) return network;
  throw refuse(
    card
      ? phrase('model-network-other', { card: cardFile, file: topologyFile })
      : phrase('model-network-unknown'),
  );
}
