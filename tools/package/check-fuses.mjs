// @ts-check
/**
 * Reads the fuses back out of a packaged app and fails when they are not as electron-builder.yml has them.
 *
 *   node tools/package/check-fuses.mjs EXECUTABLE
 */
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';

const { ENABLE: on, DISABLE: off } = FuseState;
/** @type {readonly [FuseV1Options, number][]} */
const wanted = [
  [FuseV1Options.RunAsNode, off],
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable, off],
  [FuseV1Options.EnableNodeCliInspectArguments, off],
  [FuseV1Options.OnlyLoadAppFromAsar, on],
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation, on],
  [FuseV1Options.GrantFileProtocolExtraPrivileges, off],
];

const wire = await getCurrentFuseWire(process.argv[2] ?? '');
const wrong = wanted.filter(([fuse, state]) => wire[fuse] !== state).map(([fuse]) => FuseV1Options[fuse]);
process.stderr.write(
  wrong.length === 0 ? 'The fuses are as they should be.\n' : `Wrong: ${wrong.join(', ')}\n`,
);
process.exitCode = wrong.length === 0 ? 0 : 1;
