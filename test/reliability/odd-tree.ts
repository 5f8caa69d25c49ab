import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { readFile } from 'node:fs/promises';

/** Names that have broken programs, each of a file that is a picture. */
export const oddNames: readonly string[] = [
  ...[
    'two words',
    '  spaces around  ',
    'tab\there',
    'line\nfeed',
    'carriage\rreturn',
    'bell\u0007',
    'null\u0001',
  ],
  ...[
    '-dash',
    '--help',
    '--out=x',
    '-',
    "'single'",
    '"double"',
    '`back`',
    '$(touch pwned)',
    '${HOME}',
    '$HOME',
  ],
  ...[
    'back\\slash',
    '\\\\server\\share',
    'C:',
    'a;b',
    'a|b',
    'a&b',
    'a>b',
    'a<b',
    'star*',
    'what?',
    '[bracket]',
  ],
  ...['{name}', '{counter}', '%s%n', '%2e%2e%2f', '~', '#hash', '!bang', 'dot.', 'two..dots', '.hidden'],
  ...[
    '\x1b[31mred',
    '\x1b]0;title\x07',
    '\u202egnp',
    'zero\u200bwidth',
    'join\u200der',
    '\ufeffmark',
    'a\u0300e\u0301',
  ],
  ...['caf\u00e9', 'cafe\u0301 too', '👩‍🔬', '🏳️‍🌈', '日本語', 'עברית', 'ไทย', 'CON', 'nul', 'COM1', 'aux.x'],
  `${'n'.repeat(251)}`,
];

/** Names that are no valid UTF-8, as old archives and cameras leave them. */
export const brokenNames: readonly Buffer[] = [
  Buffer.from('latin-\xe9.png', 'latin1'),
  Buffer.from('half-\xf0\x9f.png', 'latin1'),
  Buffer.from('\xff\xfe.png', 'latin1'),
];

/** The odd names, in a folder. */
export async function writeOddNames(folder: string): Promise<void> {
  await writeNoisy(join(folder, 'first.png'), { width: 12, height: 10 });
  const bytes = await readFile(join(folder, 'first.png'));
  for (const name of oddNames) await writeFile(join(folder, `${name}.png`), bytes);
  for (const name of brokenNames) await writeFile(Buffer.concat([Buffer.from(`${folder}/`), name]), bytes);
}

/** What has the name of a picture and is no file. */
export async function writeNoFiles(folder: string): Promise<string[]> {
  await mkdir(folder);
  execFileSync('mkfifo', [join(folder, 'pipe.png')]);
  const listen = `require('net').createServer().listen(${JSON.stringify(join(folder, 'socket.png'))}, () => process.kill(process.pid, 9))`;
  spawnSync(process.execPath, ['-e', listen]);
  await mkdir(join(folder, 'folder.png'));
  const device = spawnSync('mknod', [join(folder, 'device.png'), 'c', '1', '5']).status === 0;
  return ['pipe.png', 'socket.png', 'folder.png', ...(device ? ['device.png'] : [])];
}

/** Links that lead nowhere, round in circles, to devices, and out of the folder. */
export async function writeLinks(folder: string, outside: string): Promise<string[]> {
  await mkdir(join(folder, 'inner'), { recursive: true });
  await writeNoisy(join(folder, 'inner', 'real.png'), { width: 12, height: 10, seed: 2 });
  const links = {
    'dangling.png': 'nowhere',
    'self.png': 'self.png',
    'inner/up': '..',
    'zero.png': '/dev/zero',
    'memory.png': '/proc/self/mem',
    'outside.png': outside,
    root: '/',
  };
  for (const [name, target] of Object.entries(links)) await symlink(target, join(folder, name));
  return Object.keys(links);
}

/** Files that claim more bytes than any picture has. */
export async function writeSparse(folder: string): Promise<string[]> {
  await mkdir(folder);
  for (const [name, begin, gigabytes] of [
    ['scan.tif', 'II*\0\x08\0\0\0', 20],
    ['photo.jpg', '\xff\xd8\xff\xe0', 5],
  ] as const) {
    await writeFile(join(folder, name), begin, 'latin1');
    await truncate(join(folder, name), gigabytes * 2 ** 30);
  }
  return ['scan.tif', 'photo.jpg'];
}

/** A picture 25 folders down, and another in folders whose path no system call takes. */
export async function writeDeep(folder: string): Promise<string> {
  const deep = join(folder, ...Array.from({ length: 25 }, (_, level) => `level-${level}`));
  await writeNoisy(join(deep, 'deep.png'), { width: 12, height: 10, seed: 3 });
  const step = 'd'.repeat(200);
  const go = `for i in $(seq 25); do mkdir ${step} && cd -P ${step} || exit 1; done; cp "$1" too-deep.png`;
  await mkdir(join(folder, 'long'));
  execFileSync('bash', ['-c', go, 'bash', join(deep, 'deep.png')], { cwd: join(folder, 'long') });
  return join(deep, 'deep.png');
}

const first = 'd131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70'; // prettier-ignore
const second = 'd131dd02c5e6eec4693d9a0698aff95c2fcab50712467eab4004583eb8fb7f8955ad340609f4b30283e4888325f1415a085125e8f7cdc99fd91dbd7280373c5bd8823e3156348f5bae6dacd436c919c6dd53e23487da03fd02396306d248cda0e99f33420f577ee8ce54b67080280d1ec69821bcb6a8839396f965ab6ff72a70'; // prettier-ignore

/** Two files with one MD5 (Wang and Yu 2005, “How to break MD5 and other hash functions”). */
export async function writeTwins(folder: string): Promise<Buffer[]> {
  await mkdir(folder);
  const twins = [first, second].map((hex) => Buffer.from(hex, 'hex'));
  for (const [index, bytes] of twins.entries()) await writeFile(join(folder, `twin-${index}.png`), bytes);
  return twins;
}
