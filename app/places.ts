import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { AppError } from '../contract/errors.ts';
import { phrase } from '../contract/texts/fill-in.ts';
import { makeFolder } from '../storage/make-folder.ts';
import { systemCode, writeError } from '../storage/write-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where everything that belongs to the app lies on this machine. */
export interface Places {
  readonly home: string;
  readonly settings: string;
  readonly models: string;
  readonly jobs: string;
  readonly cache: string;
  readonly logs: string;
  readonly trash: string;
  /** Pictures that a page sent, and their results where no other place was chosen. */
  readonly uploads: string;
  readonly results: string;
  /** Identity of every file that was written, so that results without a mark are known again. */
  readonly outputs: string;
}

/** The folder of the app by the rules of each system; `UNSPECKLE_HOME` goes before them. */
export function homeFolder(
  env: Environment,
  platform: NodeJS.Platform = process.platform,
  user: () => string = personFolder,
): string {
  const chosen = env['UNSPECKLE_HOME'];
  if (chosen) return resolve(chosen);
  if (platform === 'win32') {
    return join(
      absoluteOr(env['APPDATA'], () => join(user(), 'AppData', 'Roaming')),
      'Unspeckle',
    );
  }
  if (platform === 'darwin') return join(user(), 'Library', 'Application Support', 'Unspeckle');
  return join(
    absoluteOr(env['XDG_DATA_HOME'], () => join(user(), '.local', 'share')),
    'unspeckle',
  );
}

/** The XDG rules say that a relative path is to be ignored. */
const absoluteOr = (path: string | undefined, otherwise: () => string): string =>
  path !== undefined && isAbsolute(path) ? path : otherwise();

/** The person's own folder. HOME may be empty or relative, and in a container a user may have no account. */
function personFolder(): string {
  for (const told of [homedir, () => userInfo().homedir]) {
    const folder = attempted(told);
    if (folder !== null && isAbsolute(folder)) return folder;
  }
  const [expected, received] = [phrase('expect-home'), phrase('received-nothing')];
  throw new AppError('argument-invalid', { parameter: 'UNSPECKLE_HOME', expected, received });
}

function attempted(told: () => string): string | null {
  try {
    return told();
  } catch {
    return null;
  }
}

export function placesIn(home: string): Places {
  return {
    home,
    settings: join(home, 'settings.json'),
    models: join(home, 'models'),
    jobs: join(home, 'jobs'),
    cache: join(home, 'cache'),
    logs: join(home, 'logs'),
    trash: join(home, 'trash'),
    uploads: join(home, 'uploads'),
    results: join(home, 'results'),
    outputs: join(home, 'outputs.jsonl'),
  };
}

/** Makes a folder that only this user may look into. */
export async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder, 0o700);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw writeError(error, join(folder, 'file'));
    const reason = phrase('reason-not-a-folder');
    throw new AppError('output-folder-unusable', { folder, reason }, { cause: error });
  }
}
