import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { findLibtensorflow } from '../../tools/setup/libtensorflow.mjs';
import { setUpNative } from '../../tools/setup/native-setup.mjs';
import { libtensorflowUrl } from '../../tools/setup/sources/official-addresses.mjs';
import { prebuiltAddonUrl } from '../../tools/setup/sources/prebuilt-addon.mjs';
import { scratchCheckout, type Scratch } from './setup-scratch.ts';

const isLinux = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);

/** Only the named sources, on a machine with only the test's programs: why each had nothing. */
async function reasons(scratch: Scratch, sources: string, env: NodeJS.ProcessEnv = {}, limits = {}) {
  const own = scratch.context().env;
  const all = { ...own, ...env, UNSPECKLE_NATIVE_SOURCES: sources };
  const context = scratch.context({ env: all, limits, force: true });
  const outcome = await setUpNative(context);
  expect(outcome.did).toBe('refused');
  return outcome.reasons.map(({ reason }) => reason);
}

describe.runIf(isLinux)('the wheel', () => {
  test('needs a compiler, and names the package that brings one', async () => {
    const scratch = scratchCheckout();
    const [reason] = await reasons(scratch, 'wheel');
    expect(reason).toMatch(/^there is no C\+\+ compiler here \(.*(g\+\+|gcc).*\)$/);
    expect(scratch.said.join('\n')).toMatch(/2\. .*(g\+\+|gcc).*pip.*then a run of this where pip reaches/);
  });

  test('needs Python with pip', async () => {
    const scratch = scratchCheckout();
    scratch.program('g++', 'exit 0');
    expect((await reasons(scratch, 'wheel'))[0]).toMatch(/^there is no Python with pip here/);
    scratch.program('python3', 'echo "No module named pip" >&2; exit 1');
    expect((await reasons(scratch, 'wheel'))[0]).toMatch(/^Python has no pip here/);
  });

  test('is refused in the words of pip when pip has none', async () => {
    const scratch = scratchCheckout();
    scratch.program('g++', 'exit 0');
    scratch.program(
      'python3',
      'case "$*" in *download*) echo "ERROR: No matching distribution" >&2; echo bye >&2; exit 1;; esac',
    );
    const [reason] = await reasons(scratch, 'wheel');
    expect(reason).toBe('pip could not get it: ERROR: No matching distribution');
  });

  test('is given up when pip hangs', async () => {
    const scratch = scratchCheckout();
    scratch.program('g++', 'exit 0');
    scratch.program('python3', 'case "$*" in *download*) while :; do :; done;; esac');
    const [reason] = await reasons(scratch, 'wheel', {}, { pip: 0.5 });
    expect(reason).toBe('pip took longer than 0.5 s');
  });

  test('that can not be unpacked is not trusted', async () => {
    const scratch = scratchCheckout();
    scratch.program('g++', 'exit 0');
    scratch.program(
      'python3',
      // Writes an empty wheel where pip would put one; fails when asked to unpack it.
      `case "$*" in
        *download*) while [ "$1" != --dest ]; do shift; done; : > "$2/tensorflow.whl";;
        *zipfile*) echo "zipfile.BadZipFile: File is not a zip file" >&2; exit 1;;
      esac`,
    );
    const [reason] = await reasons(scratch, 'wheel');
    expect(reason).toBe("the wheel can't be unpacked: zipfile.BadZipFile: File is not a zip file");
  });
});

describe('LIBTENSORFLOW_DIR', () => {
  test('is not asked where it is not set', async () => {
    const [reason] = await reasons(scratchCheckout(), 'libtensorflow-dir');
    expect(reason).toBe('it names no source that applies');
  });

  test('says what is wrong with the folder', async () => {
    const scratch = scratchCheckout();
    const absent = path.join(scratch.root, 'absent');
    const nothing = path.join(scratch.root, 'bin');
    expect(await reasons(scratch, 'libtensorflow-dir', { LIBTENSORFLOW_DIR: absent })).toEqual([
      `${absent} is not a folder`,
    ]);
    const [reason] = await reasons(scratch, 'libtensorflow-dir', { LIBTENSORFLOW_DIR: nothing });
    expect(reason).toMatch(/^no (lib)?tensorflow\S* .*or its lib folder$/);
  });

  test.runIf(isLinux)('without headers, or with a compiler that fails, gives the reason', async () => {
    const scratch = scratchCheckout();
    scratch.program('g++', 'echo "tfjs_backend.cc:1:1: error: no such thing" >&2; echo ended >&2; exit 1');
    const folder = path.join(scratch.root, 'given');
    mkdirSync(path.join(folder, 'lib'), { recursive: true });
    writeFileSync(path.join(folder, 'lib', 'libtensorflow.so.2'), '');
    const env = { LIBTENSORFLOW_DIR: folder };
    expect((await reasons(scratch, 'libtensorflow-dir', env))[0]).toMatch(/^the headers are missing/);

    mkdirSync(path.join(folder, 'include', 'tensorflow', 'c'), { recursive: true });
    writeFileSync(path.join(folder, 'include', 'tensorflow', 'c', 'c_api.h'), '');
    expect((await reasons(scratch, 'libtensorflow-dir', env))[0]).toBe(
      'compiling failed: tfjs_backend.cc:1:1: error: no such thing',
    );
    scratch.program('g++', 'while :; do :; done');
    expect((await reasons(scratch, 'libtensorflow-dir', env, { compile: 0.5 }))[0]).toBe(
      'compiling took longer than 0.5 s',
    );
  });

  test.each([
    ['an unpacked archive', 'given/lib', 'given/include', 'given'],
    ['the library folder itself', 'given/lib', 'given/include', 'given/lib'],
    ["Python's package", 'given', 'given/include', 'given'],
    ['a Debian prefix', 'given/lib', 'given/include/tensorflow', 'given'],
  ])('may be %s', (_shape, libraries, includes, named) => {
    const { root, context } = scratchCheckout();
    mkdirSync(path.join(root, libraries), { recursive: true });
    mkdirSync(path.join(root, includes, 'tensorflow', 'c'), { recursive: true });
    const names = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
    for (const name of names) writeFileSync(path.join(root, libraries, name), '');
    writeFileSync(path.join(root, includes, 'tensorflow', 'c', 'c_api.h'), '');
    const found = findLibtensorflow(context({ platform: 'linux' }), path.join(root, named));
    expect(found?.libraries.map(({ name }) => name)).toEqual(names);
    expect(found?.includes).toBe(path.join(root, includes));
  });
});

describe('the official addresses', () => {
  const host = 'https://storage.googleapis.com/';
  const archive = 'tensorflow/libtensorflow/libtensorflow-cpu-';

  test.each([
    ['linux', 'x64', `${host}${archive}linux-x86_64-2.9.1.tar.gz`],
    ['darwin', 'x64', `${host}${archive}darwin-x86_64-2.9.1.tar.gz`],
    ['win32', 'x64', `${host}${archive}windows-x86_64-2.9.1.zip`],
    ['linux', 'arm64', `${host}tf-builds/libtensorflow_r2_7_linux_arm64.tar.gz`],
    ['darwin', 'arm64', `${host}tf-builds/libtensorflow_r2_7_darwin_arm64_cpu.tar.gz`],
    ['linux', 'riscv64', undefined],
  ] as const)('for %s on %s are those of tfjs-node', (platform, arch, url) => {
    expect(libtensorflowUrl(scratchCheckout().context({ platform, arch }))).toBe(url);
  });

  test('of the ready-made addon exist for x64 only', () => {
    const { context } = scratchCheckout();
    expect(prebuiltAddonUrl(context({ platform: 'win32', arch: 'x64' }))).toBe(
      `${host}tf-builds/pre-built-binary/napi-v8/4.22.0/CPU-windows-4.22.0.zip`,
    );
    expect(prebuiltAddonUrl(context({ platform: 'linux', arch: 'arm64' }))).toBeUndefined();
  });

  test('move with the variable that tfjs-node has for mirrors', () => {
    const env = { TFJS_NODE_CDN_STORAGE: 'http://mirror.example' };
    const context = scratchCheckout().context({ platform: 'darwin', arch: 'arm64', env });
    expect(libtensorflowUrl(context)).toBe(
      'http://mirror.example/tf-builds/libtensorflow_r2_7_darwin_arm64_cpu.tar.gz',
    );
  });
});
