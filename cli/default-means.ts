import type { CleanSettings } from '../contract/clean.ts';
import type { Session } from './session.ts';

/** On what and how pictures are worked on, where the command line does not say: the person's settings. */
export type Means = Pick<CleanSettings, 'backend' | 'threads' | 'memory'>;

export async function defaultMeans(session: Session): Promise<Means> {
  const { backend, threads, memory } = await session.call((api) => api.readSettings({}));
  return { backend, threads, memory };
}
