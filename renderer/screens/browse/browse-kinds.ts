import type { Listing } from '../../../contract/window-api.ts';
import type { AppState, Browsing } from '../../state/app.svelte.ts';

/** What a place is looked for, and what becomes of it. */
export interface BrowseKind {
  readonly show: 'folders' | 'pictures' | 'models';
  readonly title: 'browse-files' | 'browse-folder' | 'browse-output' | 'browse-model' | 'browse-training';
  readonly action: 'browse-choose' | 'browse-this-folder';
  readonly many: boolean;
  /** The folder that is open is what is chosen. */
  readonly takesHere: boolean;
  /** `listing`: where they were chosen. */
  take(app: AppState, places: readonly string[], listing: Listing): unknown;
}

const add = (app: AppState, places: readonly string[]) => app.calls.ask('addPlaces', { places: [...places] });

export const browseKinds: Readonly<Record<Browsing, BrowseKind>> = {
  files: {
    show: 'pictures',
    title: 'browse-files',
    action: 'browse-choose',
    many: true,
    takesHere: false,
    take: add,
  },
  folder: {
    show: 'folders',
    title: 'browse-folder',
    action: 'browse-this-folder',
    many: false,
    takesHere: true,
    take: add,
  },
  output: {
    show: 'folders',
    title: 'browse-output',
    action: 'browse-this-folder',
    many: false,
    takesHere: true,
    take: (app, [place]) => app.calls.tell('setOutputFolder', { place: place ?? null }),
  },
  training: {
    show: 'folders',
    title: 'browse-training',
    action: 'browse-this-folder',
    many: false,
    takesHere: true,
    take: (app, _, { here, label }) => app.draft.addPlaces([{ ...here, label }]),
  },
  model: {
    show: 'models',
    title: 'browse-model',
    action: 'browse-choose',
    many: false,
    takesHere: false,
    take: (app, [place]) => app.importModel(place ?? null),
  },
};

export const oneOf = (place: string): ReadonlySet<string> => new Set([place]);

export function toggled(chosen: ReadonlySet<string>, place: string): ReadonlySet<string> {
  const next = new Set(chosen);
  if (!next.delete(place)) next.add(place);
  return next;
}
