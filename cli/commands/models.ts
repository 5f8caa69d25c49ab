import type { Command } from 'commander';
import type { ModelSummary } from '../../contract/model-card.ts';
import { pathText, someText } from '../arguments.ts';
import { jsonOption } from '../clean-options.ts';
import { exitCodes } from '../exit-codes.ts';
import { networkText } from '../network-name.ts';
import { bytesText, decibelText, factorText, ssimText } from '../numbers.ts';
import { absolute, shown } from '../places.ts';
import { printable } from '../printable.ts';
import { say } from '../say.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

interface Options {
  readonly json?: boolean;
}

const help = `
Examples:
  unspeckle models                                  what there is
  unspeckle models show gaussian-small              its card: training, noise, measurements, licence
  unspeckle models export scans scans.zip           one file, to give to others
  unspeckle models export scans scans.onnx          the network for other programs
  unspeckle models import scans.zip --name scans-2  checked before it is taken in
  unspeckle models remove scans                     moved aside, not deleted`;

export function addModels(program: Command, session: Session): void {
  const models = program
    .command('models')
    .summary('list, show, export, import and remove models')
    .description('The models on this machine: those that ship with the app and your own.')
    .addHelpText('after', help);
  models
    .command('list', { isDefault: true })
    .description('List the models, the default one marked.')
    .addOption(jsonOption())
    .action(async (options: Options) => listModels(session, options));
  models
    .command('show')
    .description('Show the card of a model.')
    .argument('<model>', 'id of the model, or default')
    .addOption(jsonOption())
    .action(async (model: string, options: Options) => showModel(session, model, options));
  models
    .command('export')
    .description('Write a model to one file: a zip, or by its name an ONNX file.')
    .argument('<model>', 'id of the model')
    .argument('[file]', 'file to write, .zip or .onnx (default: <model>.zip in this folder)')
    .option('--overwrite', 'replace the file if it exists')
    .addOption(jsonOption())
    .action(async (model: string, file: string | undefined, options: Options & { overwrite?: boolean }) =>
      exportModel(session, { model, file, overwrite: options.overwrite === true }, options),
    );
  models
    .command('import')
    .description('Check a model from a file or a folder, and take it in.')
    .argument('<path>', 'zip file, or folder with model.json, weights.bin and card.json')
    .option('--name <NAME>', 'name it shall have here', someText('--name'))
    .addOption(jsonOption())
    .action(async (path: string, options: Options & { name?: string }) =>
      importModel(session, path, options.name ?? null, options),
    );
  models
    .command('remove')
    .description('Move a model of your own to the trash folder of the app.')
    .argument('<model>', 'id of the model')
    .addOption(jsonOption())
    .action(async (model: string, options: Options) => removeModel(session, model, options));
}

async function listModels(session: Session, { json }: Options): Promise<void> {
  const { output, palette } = session;
  const models = await session.call((api) => api.listModels({}));
  if (json) {
    for (const model of models) output.json(modelLine(model));
    output.json({ type: 'summary', models: models.length, exitCode: exitCodes.allDone });
    return;
  }
  if (models.length === 0) output.line(say('model-none'));
  else {
    const columns = [{ title: 'MODEL' }, { title: 'NETWORK' }, { title: 'TRAINED ON NOISE' }, { title: 'SIZE', align: 'right' as const }, { title: '' }]; // prettier-ignore
    const [head = '', ...rows] = table(columns, models.map(modelCells));
    output.line(palette.dim(head));
    for (const row of rows) output.line(row);
  }
}

function modelCells({ id, card, bytes, isDefault, bundled }: ModelSummary): string[] {
  const marks = [say(bundled ? 'model-bundled' : 'model-own'), ...(isDefault ? [say('model-default')] : [])];
  const noise = printable(noiseInShort(card.noise.trained));
  return [id, networkText(card.network), noise, bytesText(bytes), marks.join(', ')];
}

/** One kind with its range; of several the kinds alone, or the table would not fit on a line. */
function noiseInShort(noise: string): string {
  const kinds = noise.split('+').map((kind) => kind.split(':')[0]);
  const text = kinds.length > 1 ? kinds.join('+') : noise;
  return text.length > longestNoise ? `${text.slice(0, longestNoise - 1)}…` : text;
}

/** All kinds there are come to less. */
const longestNoise = 72;

const modelLine = ({ id, name, bundled, isDefault, folder, bytes, card }: ModelSummary) => ({
  type: 'model' as const,
  id,
  name,
  bundled,
  isDefault,
  folder,
  bytes,
  network: networkText(card.network),
  channels: card.network.channels,
  trainedNoise: card.noise.trained,
  largestNoiseFactor: card.noise.largest,
  licence: card.licence,
});

async function showModel(session: Session, id: string, { json }: Options): Promise<void> {
  const { output } = session;
  const model = await session.call((api) => api.showModel({ model: someText('model')(id) }));
  if (json) {
    output.json({ ...modelLine(model), card: model.card });
    output.json({ type: 'summary', models: 1, exitCode: exitCodes.allDone });
  } else for (const line of cardLines(model)) output.line(line);
}

function cardLines({ id, folder, bytes, card }: ModelSummary): string[] {
  const { training, noise, metrics } = card;
  const sources = training.sources.map(({ name, pictures, licence }) => `${name} (${pictures}, ${licence})`);
  const { validation } = training;
  const before = validation?.startPsnr;
  const from = before === undefined ? '' : `, from ${decibelText(before)} dB by the model it started from`;
  const validated =
    validation && `${decibelText(validation.noisyPsnr)} → ${decibelText(validation.psnr)} dB${from}`;
  const facts: [string, string][] = [
    ['Model', `${id} (${card.name})`],
    ['Purpose', card.purpose],
    ['Network', `${networkText(card.network)}, ${card.network.channels === 1 ? 'grey' : 'colour'}`],
    ['Noise', `${noise.trained}; largest noise factor ${factorText(noise.largest)}; ${Math.round(noise.clippedShare * 100)} % of it clipped to 8 bit`],
    ['Trained on', `${training.pictures} pictures: ${sources.join('; ')}`],
    ['Training', `${training.steps} steps of ${training.batch} patches of ${training.patch} pixels, ${training.minutes.toFixed(0)} min, seed ${training.seed}, ${training.machine}, ${training.finished}`],
    ['Started from', training.startedFrom ?? say('nothing-before')],
    ['Validation', validated ?? say('never-measured')],
    ...metrics.map((one): [string, string] => [
      'Measured',
      `${one.set}, ${one.pictures} pictures, noise factor ${factorText(one.noiseFactor)}${one.clipped ? ', clipped' : ''}: PSNR ${decibelText(one.noisyPsnr)} → ${decibelText(one.psnr)} dB, SSIM ${ssimText(one.noisySsim)} → ${ssimText(one.ssim)}`,
    ]),
    ['Licence', card.licence],
    ['Credits', card.credits],
    ['Weights', `SHA-256 ${card.weightsSha256}`],
    ['Folder', `${folder} (${bytesText(bytes)})`],
  ]; // prettier-ignore
  return table(
    [{ title: '' }, { title: '' }],
    facts.map((fact) => fact.map(printable)),
  ).slice(1);
}

async function exportModel(
  session: Session,
  { model, file, overwrite }: { model: string; file: string | undefined; overwrite: boolean },
  { json }: Options,
): Promise<void> {
  const { output, host } = session;
  const id = someText('model')(model);
  const target = absolute(pathText('file')(file ?? `${id}.zip`), host.cwd);
  const written = await session.call((api) => api.exportModel({ model: id, file: target, overwrite }));
  if (json) output.json({ type: 'summary', model: id, ...written, exitCode: exitCodes.allDone });
  else {
    const details = { model: id, file: shown(written.file, host.cwd), size: bytesText(written.bytes) };
    output.line(say('model-exported', details));
  }
}

async function importModel(
  session: Session,
  path: string,
  name: string | null,
  { json }: Options,
): Promise<void> {
  const { output, host } = session;
  const from = absolute(pathText('path')(path), host.cwd);
  const model = await session.call((api) => api.importModel({ path: from, name }));
  if (json) {
    output.json(modelLine(model));
    const { id, folder, reducesNoise = null } = model;
    output.json({ type: 'summary', model: id, folder, reducesNoise, exitCode: exitCodes.allDone });
    return;
  }
  output.line(say('model-imported', { model: model.id }));
  if (model.reducesNoise === false) output.note(say('model-no-better'));
}

async function removeModel(session: Session, model: string, { json }: Options): Promise<void> {
  const { output } = session;
  const { movedTo } = await session.call((api) => api.removeModel({ model: someText('model')(model) }));
  if (json) output.json({ type: 'summary', model, movedTo, exitCode: exitCodes.allDone });
  else output.line(say('model-removed', { model, place: movedTo }));
}
