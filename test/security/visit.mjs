// A visit through the browser host, by itself: starts it, goes in, cleans what it was started with, and tells.
//   node visit.mjs HOST FOLDER
import { spawn } from 'node:child_process';

const [, , program, folder] = process.argv;
const host = spawn(process.execPath, [program, '--no-open', folder], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const address = await new Promise((resolve, reject) => {
  let said = '';
  host.stdout.on('data', (chunk) => {
    said += String(chunk);
    const found = /http:\/\/127\.0\.0\.1\S+/.exec(said)?.[0];
    if (found) resolve(found);
  });
  host.once('exit', () => reject(new Error(`the host ended: ${said}`)));
});
const { origin } = new URL(address);
const entered = await fetch(address, { redirect: 'manual' });
const cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0];
const call = async (method, request = {}) => {
  const init = { method: 'POST', headers: { cookie, origin, 'content-type': 'application/json' } };
  const answer = await fetch(`${origin}/invoke/${method}`, { ...init, body: JSON.stringify(request) });
  const reply = await answer.json();
  if (!reply.ok) throw new Error(reply.message);
  return reply.value;
};
const settled = async (isSettled) => {
  for (;;) {
    const rows = await call('listRows');
    if (rows.length > 0 && rows.every(isSettled)) return rows;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

const page = await fetch(origin, { headers: { cookie } });
await settled(({ state }) => state !== 'found');
await call('startBatch', { rows: 'all' });
const rows = await settled(({ state }) => ['done', 'unchanged', 'failed'].includes(state));
const done = rows.filter(({ state }) => state !== 'failed').length;
console.log(JSON.stringify({ done, page: page.status }));
host.kill('SIGTERM');
await new Promise((resolve) => host.once('exit', resolve));
