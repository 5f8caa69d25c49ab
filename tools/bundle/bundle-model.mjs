// @ts-check
/**
 * Makes a trained model one that ships with the app: `model/pretrained/<id>`, its card completed with purpose,
 * licences and credits (`tools/bundle/texts.json`), its metrics measured with `unspeckle evaluate`.
 *
 *   node tools/bundle/bundle-model.mjs <folder of the trained model> <id> <folder of test pictures>
 *
 * Its weights are stored in half precision where that changes no PSNR of the first set by 0.005 dB.
 *
 * An earlier model of that id is replaced only when all measurements have succeeded.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { halveModel } from './half-precision.mjs';

const root = resolve(import.meta.dirname, '../..');
const sets = ['CBSD68', 'Kodak24-half', 'McMaster-half'];
const sigmas = [15, 25, 50];
/** dB; what half precision may change. */
const leastChange = 0.005;

const [trained, id, pictures] = process.argv.slice(2);
if (!trained || !id || !pictures) {
  console.error(
    'usage: node tools/bundle/bundle-model.mjs <trained model folder> <id> <test pictures folder>',
  );
  process.exit(1);
}
bundle(trained, id, pictures);

/**
 * @param {string} trained
 * @param {string} id
 * @param {string} pictures
 */
function bundle(trained, id, pictures) {
  const home = mkdtempSync(join(tmpdir(), 'unspeckle-bundle-'));
  try {
    const candidate = join(home, 'models', 'candidate');
    mkdirSync(join(home, 'models'));
    cpSync(trained, candidate, { recursive: true });
    writeCard(candidate, { ...readCard(candidate), id: 'candidate' });
    const measure = (/** @type {string} */ set) => measureSet(home, join(pictures, set), set);
    const [first = '', ...others] = sets;
    const metrics = [
      ...measureHalved(candidate, join(home, 'whole'), () => measure(first)),
      ...others.flatMap(measure),
    ];
    const texts = JSON.parse(readFileSync(join(import.meta.dirname, 'texts.json'), 'utf8'));
    writeCard(candidate, complete(readCard(candidate), id, texts, metrics));
    replace(candidate, join(root, 'model/pretrained', id));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/**
 * @typedef {{ training: { sources: { name: string }[] } } & Record<string, unknown>} Card
 * @typedef {{ name: string, purpose: string }} ModelTexts
 * @typedef {{ models: Record<string, ModelTexts>, licences: Record<string, string>, licence: string, credits: string }} Texts
 */

/**
 * @param {Card} card
 * @param {string} id
 * @param {Texts} texts
 * @param {object[]} metrics
 */
function complete(card, id, texts, metrics) {
  const known = texts.models[id];
  if (!known) throw new Error(`texts.json does not name the model ${id}`);
  const { name, purpose } = known;
  const sources = card.training.sources.map((source) => {
    const licence = texts.licences[source.name];
    if (!licence) throw new Error(`texts.json does not name the licence of ${source.name}`);
    return { ...source, licence };
  });
  const training = { ...card.training, sources };
  return { ...card, id, name, purpose, training, metrics, licence: texts.licence, credits: texts.credits };
}

/**
 * Halves the model unless that changes what is measured; answers what holds for the model as it is then.
 * @param {string} candidate
 * @param {string} kept a folder for it as it was
 * @param {() => ReturnType<typeof measureSet>} measure
 */
function measureHalved(candidate, kept, measure) {
  const whole = measure();
  cpSync(candidate, kept, { recursive: true });
  halveModel(candidate);
  const halved = measure();
  const changes = halved.map(({ psnr }, at) => Math.abs(psnr - (whole[at]?.psnr ?? Infinity)));
  const change = Math.max(...changes);
  console.error(`half precision changes PSNR by ${change.toFixed(5)} dB at most`);
  if (change >= leastChange) {
    rmSync(candidate, { recursive: true });
    cpSync(kept, candidate, { recursive: true });
  }
  return change < leastChange ? halved : whole;
}

/**
 * @param {string} home
 * @param {string} folder
 * @param {string} set
 */
function measureSet(home, folder, set) {
  return [false, true].flatMap((clipped) =>
    sigmas.map((sigma) => {
      const factor = sigma / 255;
      const { psnr, ssim, noisyPsnr, noisySsim, pictures } = evaluate(home, folder, factor, clipped);
      console.error(
        `${set} σ ${sigma}${clipped ? ' clipped' : ''}: ${noisyPsnr.toFixed(2)} → ${psnr.toFixed(3)} dB`,
      );
      const measured = { noiseFactor: Number(factor.toFixed(6)), clipped, psnr, ssim, noisyPsnr, noisySsim };
      return { set, pictures, ...measured };
    }),
  );
}

/**
 * @param {string} home
 * @param {string} folder
 * @param {number} factor
 * @param {boolean} clipped
 */
function evaluate(home, folder, factor, clipped) {
  const words = ['evaluate', folder, '--noise-factor', String(factor), '--model', 'candidate', '--json'];
  if (clipped) words.push('--clipped');
  const run = spawnSync(process.execPath, [join(root, 'out/cli.js'), ...words], {
    env: { ...process.env, UNSPECKLE_HOME: home },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0) throw new Error(`evaluate ended with ${run.status}`);
  return JSON.parse(/** @type {string} */ (run.stdout.trim().split('\n').at(-1)));
}

/**
 * @param {string} folder
 * @returns {Card}
 */
function readCard(folder) {
  return JSON.parse(readFileSync(join(folder, 'card.json'), 'utf8'));
}

/**
 * @param {string} folder
 * @param {object} card
 */
function writeCard(folder, card) {
  writeFileSync(join(folder, 'card.json'), `${JSON.stringify(card, null, 2)}\n`);
}

/**
 * @param {string} candidate
 * @param {string} target
 */
function replace(candidate, target) {
  for (const ending of ['.new', '.old']) rmSync(`${target}${ending}`, { recursive: true, force: true });
  cpSync(candidate, `${target}.new`, { recursive: true });
  if (existsSync(target)) renameSync(target, `${target}.old`);
  renameSync(`${target}.new`, target);
  rmSync(`${target}.old`, { recursive: true, force: true });
}
