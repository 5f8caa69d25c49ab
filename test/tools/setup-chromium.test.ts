import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ensureChromium, findChromium } from '../../tools/setup/chromium.mjs';
import { scratchCheckout } from './setup-scratch.ts';

const unix = process.platform === 'win32' ? describe.skip : describe;

unix("the browser for the window's tests", () => {
  test('is the one that is named, or else one on the PATH', () => {
    const { root, program, context } = scratchCheckout();
    const { env } = context();
    expect(findChromium(env)).toBeUndefined();
    program('google-chrome', 'exit 0');
    program('mine', 'exit 0');
    const bin = (name: string) => path.join(root, 'bin', name);
    expect(findChromium(env)).toBe(bin('google-chrome'));
    expect(findChromium({ ...env, UNSPECKLE_CHROMIUM: bin('mine') })).toBe(bin('mine'));
    expect(findChromium({ ...env, UNSPECKLE_CHROMIUM: bin('none') })).toBeUndefined();
  });

  test('is tried once, and then remembered', async () => {
    const { root, program, context, said } = scratchCheckout();
    program('chromium', `echo asked >> ${path.join(root, 'asked')}`);
    for (let run = 0; run < 3; run++) {
      expect(await ensureChromium(context({ quiet: true }))).toBe(path.join(root, 'bin', 'chromium'));
    }
    expect(readFileSync(path.join(root, 'asked'), 'utf8')).toBe('asked\n');
    expect(said).toEqual([]);
  });

  test('a stub that does not start is none: that is said, and asked again only when something changes', async () => {
    const { root, program, context, said } = scratchCheckout();
    program('chromium-browser', 'echo install the snap; exit 1');
    expect(await ensureChromium(context())).toBeUndefined();
    expect(said.join('\n')).toMatch(/No browser for the window's tests \(.+\); they will skip/);
    program('chromium-browser', 'exit 0');
    expect(await ensureChromium(context())).toBe(path.join(root, 'bin', 'chromium-browser'));
  });

  test.skipIf(process.getuid?.() !== 0 || !existsSync('/etc/debian_version'))(
    'as root on Debian it is installed, and a refusal is remembered',
    async () => {
      const { root, program, context, said } = scratchCheckout();
      const chromium = path.join(root, 'bin', 'chromium');
      program('apt-get', `/bin/echo "$1" >> ${path.join(root, 'calls')}; echo 'E: no network' >&2; exit 100`);
      expect(await ensureChromium(context())).toBeUndefined();
      expect(await ensureChromium(context())).toBeUndefined();
      expect(readFileSync(path.join(root, 'calls'), 'utf8')).toBe('update\ninstall\n');
      expect(said.join('\n')).toContain('E: no network');
      program(
        'apt-get',
        `[ "$1" = install ] && printf '#!/bin/sh\\nexit 0\\n' > ${chromium} && /bin/chmod +x ${chromium}; exit 0`,
      );
      expect(await ensureChromium(context({ force: true }))).toBe(chromium);
    },
  );
});
