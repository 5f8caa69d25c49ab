import { CommanderError, type Command } from 'commander';
import { failureOf, type Failure } from '../contract/errors.ts';
import { phrase, verbatim } from '../contract/texts/fill-in.ts';
import { exitCodes, stoppedCode } from './exit-codes.ts';
import type { CliHost } from './host.ts';
import { makeProgram } from './program.ts';
import { printable } from './printable.ts';
import { say, sayFailure } from './say.ts';
import { Session } from './session.ts';

/**
 * One run of the command line, from its arguments (without program names) to its exit code. Never throws: what
 * goes wrong is told on standard error, and with `--json` also in a last line of type `summary`.
 */
export async function runCli(argv: readonly string[], host: CliHost): Promise<number> {
  const session = new Session(host);
  try {
    const program = makeProgram(session);
    try {
      await program.parseAsync([...argv], { from: 'user' });
    } catch (thrown) {
      session.exitCode = tellError(session, argv, hintFor(argv, program), thrown);
    }
    await session.output.flush();
    if (session.output.failure) session.exitCode = tellUnwritable(session, session.output.failure);
  } finally {
    await session.close();
  }
  return session.exitCode;
}

function tellError(session: Session, argv: readonly string[], hint: string, thrown: unknown): number {
  if (thrown instanceof CommanderError) return tellUsageError(session, argv, hint, thrown);
  const failure = failureOf(thrown);
  const stopped = session.stopping.by !== null && failure.code === 'cancelled';
  const exitCode = stopped ? stoppedCode(session.stopping.by ?? 'SIGTERM') : exitCodes.nothingDone;
  if (session.output.closed) return exitCode;
  const { palette, output } = session;
  output.note(palette.alarm(say('error-line', { message: sayFailure(failure) })));
  if (failure.code === 'internal' && session.host.env.UNSPECKLE_DEBUG) output.note(stackOf(thrown));
  if (failure.code === 'argument-invalid') output.note(hint);
  if (failure.code === 'output-exists' && argv[0] === 'models') output.note(say('hint-overwrite'));
  tellAsSummary(session, argv, failure, exitCode);
  return exitCode;
}

/** The results, or the picture, did not get out: whatever was done, that is an error. */
function tellUnwritable({ output, palette }: Session, { code, message }: NodeJS.ErrnoException): number {
  const reason = code === undefined ? verbatim(message) : phrase('reason-system', { code });
  const details = { file: say('standard-output'), reason };
  const text = sayFailure({ code: 'output-unwritable', details });
  output.note(palette.alarm(say('error-line', { message: text })));
  return exitCodes.nothingDone;
}

/** Commander has its own words for options it does not know and arguments that are missing. */
function tellUsageError(
  session: Session,
  argv: readonly string[],
  hint: string,
  error: CommanderError,
): number {
  if (error.exitCode === 0) return exitCodes.allDone;
  // With no command at all, the help has been printed already.
  if (error.code === 'commander.help') return exitCodes.nothingDone;
  const message = error.message
    .replace(/^error: /, '')
    .split('\n')
    .map(printable)
    .join(' ');
  session.output.note(session.palette.alarm(say('error-line', { message })));
  if (error.code === 'commander.unknownOption') session.output.note(say('hint-file-with-dash'));
  session.output.note(hint);
  tellAsSummary(session, argv, { code: 'argument-invalid', message }, exitCodes.nothingDone);
  return exitCodes.nothingDone;
}

function tellAsSummary(
  session: Session,
  argv: readonly string[],
  { code, message }: Pick<Failure, 'code' | 'message'>,
  exitCode: number,
): void {
  const ended = argv.indexOf('--');
  const options = ended === -1 ? argv : argv.slice(0, ended);
  if (options.includes('--json')) session.output.json({ type: 'summary', code, message, exitCode });
}

/** Where the options of what was asked for are explained. */
function hintFor(argv: readonly string[], { commands }: Command): string {
  const command = argv.find((word) => !word.startsWith('-')) ?? '';
  const known = commands.some((one) => one.name() === command);
  return say(known ? 'help-hint' : 'help-hint-general', { command });
}

const stackOf = (thrown: unknown): string =>
  (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown))
    .split('\n')
    .map(printable)
    .join('\n');
