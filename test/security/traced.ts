import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../cli/built-cli.ts';

/** What a program of the product did, as the system saw it. */
export interface Traced {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Every path it asked the system to open, found or not. */
  readonly opened: readonly string[];
  /** Every path it asked to write, make, move or remove. */
  readonly changed: readonly string[];
  /** Calls that have to do with a network, as strace writes them. */
  readonly network: readonly string[];
  /** Programs it started. */
  readonly started: readonly string[];
  /** Of each process by itself. */
  readonly peakBytes: number;
  /** Of all processes together. */
  readonly cpuSeconds: number;
}

const usage = fileURLToPath(new URL('report-usage.mjs', import.meta.url));

const filePaths = ['open', 'openat', 'openat2', 'creat'];
const changes = ['rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'symlinkat', 'mkdir', 'mkdirat', 'unlink', 'unlinkat', 'rmdir', 'truncate', 'mknod', 'mknodat', 'chmod', 'fchmodat']; // prettier-ignore
const sockets = ['socket', 'connect', 'bind', 'sendto'];

/** Whether system calls can be watched here. */
export function canTrace(): boolean {
  const seen = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']);
  return seen.status === 0;
}

export interface TraceOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdin?: Buffer;
  /** In front of the program, such as `unshare -n`. */
  readonly before?: readonly string[];
}

/** What strace is told to write into a file that `callsOf` reads. */
export function straceArguments(log: string): readonly string[] {
  const calls = [...filePaths, ...changes, ...sockets, 'execve'].map((name) => `?${name}`).join(',');
  // With `-y` it tells the file that was opened: behind a link that is another than the one that was named.
  const how = ['-f', '-y', '-qq', '--seccomp-bpf', '-s', '4096', '-e', 'signal=none'];
  return [...how, '-e', `trace=${calls}`, '-o', log];
}

/** Runs Node with these arguments under strace, to its end. */
export async function traced(args: readonly string[], options: TraceOptions): Promise<Traced> {
  const folder = mkdtempSync(join(tmpdir(), 'traced-'));
  const log = join(folder, 'calls');
  const [command = 'strace', ...rest] = [
    ...(options.before ?? []),
    ...['strace', ...straceArguments(log), process.execPath, ...args],
  ];
  const child = spawn(command, rest, {
    cwd: options.cwd,
    // A machine's own certificates are opened by every Node that is told of them.
    env: { ...options.env, NODE_EXTRA_CA_CERTS: '', NODE_OPTIONS: `--import ${usage}`, USAGE_FOLDER: folder },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin);
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise<number | null>((end) => child.on('close', end));
  try {
    return {
      code,
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
      ...callsOf(readFileSync(log, 'utf8'), options.cwd),
      ...usageIn(folder),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function usageIn(folder: string): Pick<Traced, 'peakBytes' | 'cpuSeconds'> {
  const all = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as { peakBytes: number; cpuSeconds: number }); // prettier-ignore
  return {
    peakBytes: Math.max(...all.map(({ peakBytes }) => peakBytes)),
    cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  };
}

/** Reads strace's log. A call that another thread interrupts has its arguments in the first of its two lines. */
export function callsOf(
  log: string,
  cwd: string,
): Pick<Traced, 'opened' | 'changed' | 'network' | 'started'> {
  const [opened, changed, network, started] = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>()]; // prettier-ignore
  /** By process, where its last file went. */
  const openings = new Map<string, Set<string>>();
  for (const line of log.split('\n')) {
    const [, pid = '', name = '', rest = ''] = /^(\d+)\s+(\w+)\((.*)/.exec(line) ?? [];
    const paths = [...rest.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path = '']) => resolve(cwd, path));
    if (filePaths.includes(name)) {
      const [path = ''] = paths;
      const files = /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(rest) || name === 'creat' ? changed : opened;
      files.add(path);
      openings.set(pid, files);
    } else if (changes.includes(name)) for (const path of paths) changed.add(path);
    else if (sockets.includes(name)) network.add(`${name}(${rest}`);
    else if (name === 'execve' && paths[0]) started.add(paths[0]);
    const [, opener = '', behind] =
      /^(\d+)\s+(?:<\.\.\. )?(?:open|openat|openat2|creat)\b.*\s= \d+<(\/.*)>$/.exec(line) ?? [];
    if (behind) openings.get(opener)?.add(behind);
  }
  return { opened: [...opened], changed: [...changed], network: [...network], started: [...started] };
}

/** Where Node and the libraries look for themselves. */
const ofTheSystem = [
  /^\/(?:lib|lib64|usr\/lib|usr\/lib64|usr\/local\/lib|usr\/share\/(?:zoneinfo|locale|icu))(?:\/|$)/,
  /^\/etc\/(?:ld\.so\.(?:cache|preload)|localtime|ssl\/openssl\.cnf|vulkan|drirc|os-release|glvnd)/,
  /^\/usr\/(?:lib\/ssl|local\/ssl)\//,
  /^\/(?:proc|sys)\//,
  /^\/dev\/(?:null|urandom|random|tty)$/,
  /^\/dev\/shm\//,
];

const behindLinks = (path: string): string => (existsSync(path) ? realpathSync(path) : path);

/** Paths that lie neither in the given folders, nor in the program, nor where every program of its kind looks. */
export function beyond(paths: readonly string[], folders: readonly string[]): string[] {
  const allowed = [...folders, root, dirname(dirname(process.execPath))];
  // A path may be told by its links or by what is behind them.
  const own = allowed.flatMap((folder) => [`${folder}/`, `${behindLinks(folder)}/`]);
  return paths.filter(
    (path) =>
      path !== '/' &&
      !own.some((folder) => `${path}/`.startsWith(folder)) &&
      // Node looks for package.json in every folder above a module.
      !(path.endsWith('/package.json') && root.startsWith(dirname(path))) &&
      !ofTheSystem.some((pattern) => pattern.test(path)),
  );
}

/** Of the calls that have to do with a network, those that reach beyond this machine, or look names up. */
export function beyondThisMachine(network: readonly string[]): string[] {
  return network.filter(
    (call) =>
      !/AF_UNIX|AF_LOCAL|AF_NETLINK/.test(call) &&
      !/inet_addr\("127\.\d+\.\d+\.\d+"\)|inet_pton\(AF_INET6, "::1"/.test(call) &&
      // A socket by itself reaches nobody; what it is connected with is another call.
      !/^socket\(AF_INET6?, SOCK_STREAM/.test(call) &&
      !/^sendto\(\d+, "(?:[^"\\]|\\.)*"(?:\.\.\.)?, \d+, [^,]*, NULL, 0\)/.test(call),
  );
}
