import type { Environment } from '../app/places.ts';

/** The folder the person is in: scripts of npm run in the package's folder, and npm says where it was called from. */
export function startFolder(env: Environment, current: string): string {
  return env['npm_package_name'] === 'unspeckle' && env['INIT_CWD'] ? env['INIT_CWD'] : current;
}
