// @ts-check
/** The command that installs what is missing, for the system at hand. It is only said, never run. */
import { readFileSync } from 'node:fs';

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {'compiler' | 'pip'} Need */

/** @type {{ families: string[], command: string, names: Record<Need, string> }[]} */
const linuxes = [
  {
    families: ['debian', 'ubuntu'],
    command: 'apt-get install',
    names: { compiler: 'g++', pip: 'python3-pip' },
  },
  {
    families: ['fedora', 'rhel'],
    command: 'dnf install',
    names: { compiler: 'gcc-c++', pip: 'python3-pip' },
  },
  { families: ['suse'], command: 'zypper install', names: { compiler: 'gcc-c++', pip: 'python3-pip' } },
  { families: ['arch'], command: 'pacman -S', names: { compiler: 'gcc', pip: 'python-pip' } },
  { families: ['alpine'], command: 'apk add', names: { compiler: 'g++', pip: 'py3-pip' } },
];

/**
 * @param {Context} context
 * @param {readonly Need[]} needs at least one
 * @returns {string} to be read inside a sentence
 */
export function installCommand({ platform }, needs) {
  if (platform === 'darwin') {
    return needs
      .map((need) => (need === 'compiler' ? '`xcode-select --install`' : '`python3 -m ensurepip`'))
      .join(' and ');
  }
  const families = linuxFamilies();
  const linux = linuxes.find((candidate) => candidate.families.some((name) => families.includes(name)));
  if (linux) return `\`${linux.command} ${needs.map((need) => linux.names[need]).join(' ')}\``;
  return `install ${needs.map((need) => (need === 'compiler' ? 'g++ or clang++' : 'pip for Python 3')).join(' and ')}`;
}

export function linuxFamilies() {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    return [...text.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap((match) =>
      (match[1] ?? '').split(/\s+/),
    );
  } catch {
    return [];
  }
}
