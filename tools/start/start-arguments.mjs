// @ts-check
import path from 'node:path';

/** Options of the browser host that take a value. */
const withValue = new Set(['--port']);

/**
 * Sorts the arguments of a start: paths for either host, options for the browser.
 *
 * @param {readonly string[]} args
 * @param {string} cwd the folder that relative paths start from
 */
export function startArguments(args, cwd) {
  /** @type {string[]} */
  const paths = [];
  /** @type {string[]} */
  const forBrowser = [];
  let browser = false;
  let help = false;
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? '';
    if (argument === '--') {
      paths.push(...args.slice(index + 1));
      break;
    }
    if (argument === '--help' || argument === '-h') help = true;
    else if (!argument.startsWith('-')) paths.push(argument);
    else {
      // They only make sense in the browser, so whoever gives one wants it.
      browser = true;
      if (argument !== '--browser') forBrowser.push(argument);
      if (withValue.has(argument)) forBrowser.push(args[++index] ?? '');
    }
  }
  return { help, browser, forBrowser, paths: paths.map((given) => path.resolve(cwd, given)) };
}
