import { type Command } from 'commander';
import { pathText } from '../arguments.ts';
import { jsonOption } from '../clean-options.ts';
import { absolute } from '../places.ts';
import { runBatch, showPlan } from '../run-batch.ts';
import type { Session } from '../session.ts';
import { invalid } from '../arguments.ts';
import { say } from '../say.ts';

interface Options {
  readonly resume?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly report?: string;
}

const help = `
Examples:
  unspeckle clean holiday/ --out cleaned/ --report holiday.json
  unspeckle run holiday.json              the same pictures, the same settings
  unspeckle run holiday.json --dry-run    what that would do

A report holds everything a run was asked for. Its rule for results that exist holds too: with “rename” a second
run writes new files beside the first ones.`;

export function addRun(program: Command, session: Session): void {
  program
    .command('run')
    .summary('run a report again')
    .description('Does again what a report says was asked for: the same inputs with the same settings.')
    .argument('<report>', 'report of an earlier run (report.json, or what --report wrote)')
    .option('--resume', 'go on with it where it was interrupted')
    .option('--dry-run', 'show what would be done and write nothing')
    .option('--report <FILE>', 'also write the new report (JSON) to this file', pathText('--report'))
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (report: string, options: Options) => {
      session.exitCode = await run(session, report, options);
    });
}

async function run(session: Session, report: string, options: Options): Promise<number> {
  const { cwd } = session.host;
  const file = absolute(pathText('report')(report), cwd);
  const { job } = await session.call((api) => api.readReport({ file }));
  if (options.dryRun) {
    if (options.resume)
      throw invalid('--resume', say('expect-absent-with', { other: '--dry-run' }), say('received-both'));
    return showPlan(session, job, options.json === true);
  }
  return runBatch(session, {
    job,
    resume: options.resume === true,
    json: options.json === true,
    report: options.report === undefined ? null : absolute(options.report, cwd),
  });
}
