import { fakeHost } from './fake-host.ts';

/** The window without the app: `npx vite -c renderer/vite.config.ts`, then /dev/. `?rows=10000` fills the queue. */
const wish = new URLSearchParams(location.search);
Object.assign(window, { host: fakeHost({ rows: Number(wish.get('rows') ?? 0), wish }) });
await import('../main.ts');
