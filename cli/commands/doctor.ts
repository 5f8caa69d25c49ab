import { type Command } from 'commander';
import type { Diagnosis } from '../../contract/app-api.ts';
import { jsonOption } from '../clean-options.ts';
import { exitCodes } from '../exit-codes.ts';
import { bytesText, rateText } from '../numbers.ts';
import { printable } from '../printable.ts';
import { say, sayWords } from '../say.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

const help = `
Shows the backends (what the network runs on) with their versions and measured speed, the libraries that read and
write pictures, the models, where the app keeps its things, and what to do about what is missing.

UNSPECKLE_HOME sets the folder of models, jobs and settings. UNSPECKLE_DEBUG=1 adds details to unexpected errors.`;

export function addDoctor(program: Command, session: Session): void {
  program
    .command('doctor')
    .summary('show what was found on this machine')
    .description('Looks at this machine: what was found, what is missing and what to do about it.')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (options: { readonly json?: boolean }) => {
      session.patience(say('doctor-begins'));
      const diagnosis = await session.call((api) => api.diagnose({}));
      session.exitCode = diagnosis.engine.backends.some(({ available }) => available)
        ? exitCodes.allDone
        : exitCodes.nothingDone;
      if (options.json) tellLines(session, diagnosis);
      else tell(session, diagnosis);
    });
}

function tell({ output, palette }: Session, diagnosis: Diagnosis): void {
  const { engine, models } = diagnosis;
  const facts: [string, string][] = [
    ['Unspeckle', diagnosis.appVersion],
    ['Node', `${engine.node} on ${engine.platform}`],
    ['Machine', `${engine.cores} cores, ${bytesText(engine.memoryBytes)} memory`],
    ['Pictures', Object.entries(engine.images).map((entry) => entry.join(' ')).join(', ')],
    ['Home', diagnosis.home],
    ['Settings', settingsText(diagnosis)],
    ['Models', models.map(({ id, isDefault }) => (isDefault ? `${id} (${say('model-default')})` : id)).join(', ')],
  ]; // prettier-ignore
  for (const line of table(
    [{ title: '' }, { title: '' }],
    facts.map((fact) => fact.map(printable)),
  ).slice(1)) {
    output.line(line);
  }
  output.line('');
  const [head = '', ...rows] = table(columns, backendRows(diagnosis));
  output.line(palette.dim(head));
  for (const row of rows) output.line(row);
  output.line('');
  if (diagnosis.advice.length === 0) output.line(say('doctor-good'));
  for (const advice of diagnosis.advice) output.line(say('doctor-advice', { advice: sayWords(advice) }));
}

/** What stands where the command line says nothing else. */
function settingsText({ settings: { backend, threads, memory } }: Diagnosis): string {
  return say('doctor-settings', {
    backend,
    threads: threads === 0 ? say('doctor-all-threads') : say('doctor-some-threads', { threads }),
    memory:
      memory === 0 ? say('doctor-free-memory') : say('doctor-some-memory', { memory: bytesText(memory) }),
  });
}

const columns = [
  { title: 'BACKEND' },
  { title: 'FOUND' },
  { title: 'MP/s', align: 'right' },
  { title: 'CHOSEN' },
  { title: 'DETAILS' },
] as const;

function backendRows({ engine, backend }: Diagnosis): string[][] {
  return engine.backends.map(({ name, available, description }) => {
    const tried = backend.tried.find((one) => one.name === name);
    return [
      name,
      say(available ? 'doctor-available' : 'doctor-missing'),
      tried?.megapixelsPerSecond ? rateText(tried.megapixelsPerSecond) : '–',
      backend.chosen === name ? say('doctor-available') : '',
      // Where it was not even tried, the reason is the description again.
      [...new Set([description, tried?.refused].flatMap((said) => (said ? [sayWords(said)] : [])))].join(
        '; ',
      ),
    ];
  });
}

function tellLines({ output, exitCode }: Session, diagnosis: Diagnosis): void {
  const { engine, backend, models, advice, settings } = diagnosis;
  for (const { name, available, description } of engine.backends) {
    const tried = backend.tried.find((one) => one.name === name);
    output.json({
      type: 'backend',
      name,
      available,
      description: sayWords(description),
      chosen: backend.chosen === name,
      megapixelsPerSecond: tried?.megapixelsPerSecond ?? null,
      difference: tried?.difference ?? null,
      refused: tried?.refused ? sayWords(tried.refused) : null,
    });
  }
  for (const { id, bundled, isDefault, folder } of models) {
    output.json({ type: 'model', id, bundled, isDefault, folder });
  }
  for (const [name, version] of Object.entries(engine.images))
    output.json({ type: 'library', name, version });
  for (const one of advice) output.json({ type: 'advice', message: sayWords(one) });
  output.json({
    type: 'summary',
    appVersion: diagnosis.appVersion,
    home: diagnosis.home,
    node: engine.node,
    platform: engine.platform,
    cores: engine.cores,
    memoryBytes: engine.memoryBytes,
    backend: backend.chosen,
    defaultModel: settings.defaultModel,
    defaultBackend: settings.backend,
    defaultThreads: settings.threads,
    defaultMemory: settings.memory,
    models: models.length,
    advice: advice.length,
    exitCode,
  });
}
