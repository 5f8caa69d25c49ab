import { Command } from 'commander';
import { addBench } from './commands/bench.ts';
import { addCheck } from './commands/check.ts';
import { addClean } from './commands/clean.ts';
import { addDemo } from './commands/demo.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEstimate } from './commands/estimate.ts';
import { addEvaluate } from './commands/evaluate.ts';
import { addModels } from './commands/models.ts';
import { addRun } from './commands/run.ts';
import { addTrain } from './commands/train.ts';
import type { Session } from './session.ts';

const help = `
Begin with:
  unspeckle clean PICTURES        cleaned copies beside your pictures
  unspeckle COMMAND --help        what a command does, its options, examples

Everything runs on this machine; nothing is sent anywhere.`;

/** The commands and their options, writing and ending through the session. */
export function makeProgram(session: Session): Command {
  const program = new Command('unspeckle')
    .description('Removes noise from pictures with a convolutional denoising autoencoder.')
    .version(session.host.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', help)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => session.output.raw(text),
      writeErr: (text) => session.output.rawNote(text),
      // Errors are told by the caller, escaped.
      outputError: () => {},
      getOutHelpWidth: () => session.host.stdout.columns ?? 110,
      getErrHelpWidth: () => session.host.stderr.columns ?? 110,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  addClean(program, session);
  addTrain(program, session);
  addCheck(program, session);
  addRun(program, session);
  addEstimate(program, session);
  addEvaluate(program, session);
  addModels(program, session);
  addBench(program, session);
  addDoctor(program, session);
  addDemo(program, session);
  return program;
}
