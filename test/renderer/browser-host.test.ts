import { afterEach, expect, test, vi } from 'vitest';
import type { Reply } from '../../contract/errors.ts';
import { useRuneModules } from './rune-modules.ts';

/** What is tested of it: the rest of its types are those of a page. */
interface Host {
  readonly readerLanguage: string;
  invoke(method: string, request: object): Promise<Reply<unknown>>;
  addFiles(files: readonly { file: Blob; path: string }[]): Promise<Reply<object>>;
}
interface HostModule {
  readonly browserHost: (page: string) => { readonly host: Host };
}

const load = useRuneModules();
afterEach(() => vi.unstubAllGlobals());

async function hostOfPage(language = 'en-GB'): Promise<Host> {
  vi.stubGlobal('navigator', { language });
  const { browserHost } = await load<HostModule>('renderer/host/browser-host.ts');
  return browserHost('http://127.0.0.1:4000/').host;
}

const filesOf = (paths: readonly string[]) => paths.map((path) => ({ file: new Blob([path]), path }));

/** Answers as the app does, the first file last of all if they were sent side by side. */
function slowestFirst() {
  const sent: string[] = [];
  const arrived: string[] = [];
  vi.stubGlobal('fetch', async (address: string) => {
    const path = new URL(address).searchParams.get('path') ?? '';
    const turn = sent.push(path);
    await new Promise((resolve) => setTimeout(resolve, 30 / turn));
    arrived.push(path);
    if (path === 'b.png') return Response.json({ ok: false, code: 'disk-full', message: 'full' });
    return Response.json({ ok: true, value: { added: 1, place: path.endsWith('.zip') ? path : null } });
  });
  return arrived;
}

test('files arrive in the order in which they are given, a large one before the small ones behind it', async () => {
  const arrived = slowestFirst();
  const host = await hostOfPage();
  const paths = ['a.tif', 'trip/c.png', 'model.zip'];
  const reply = await host.addFiles(filesOf(paths));
  expect(arrived).toEqual(paths);
  expect(reply).toEqual({ ok: true, value: { added: 3, models: ['model.zip'] } });
});

test('a file that is refused is told of, and those behind it are sent all the same', async () => {
  const arrived = slowestFirst();
  const host = await hostOfPage();
  const paths = ['a.tif', 'b.png', 'c.png'];
  const reply = await host.addFiles(filesOf(paths));
  expect(arrived).toEqual(paths);
  expect(reply).toMatchObject({ ok: false, code: 'disk-full' });
});

test('in a browser the language is the one the person reads pages in', async () => {
  expect((await hostOfPage('zh-CN')).readerLanguage).toBe('zh-CN');
});

test('an app that has ended is told as that, and not as an engine that cannot be started', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  const host = await hostOfPage();
  const reply = await host.invoke('pauseBatch', {});
  const message = expect.stringMatching(/does not answer \(Failed to fetch\).*start it again/) as string;
  expect(reply).toMatchObject({ ok: false, code: 'app-unreachable', message });
});
