/**
 * The English sentences of the programs that show the window: what the browser host prints, the desktop app's menu
 * and its dialogs. `{name}` is filled in.
 */
export const hostTexts = {
  // The browser host, in a terminal.
  'browser-ready': 'Unspeckle is open at {address}',
  'browser-end': 'Only this computer can reach it. Press Ctrl-C here to end it.',
  'browser-not-opened': 'No browser could be opened from here: open that address in one yourself.',
  'browser-port-taken': 'Port {port} is in use. Choose another with --port, or leave it out.',
  'browser-usage':
    'Usage: node out/web.js [--port NUMBER] [--no-open] [FILE or FOLDER …]\n\n' +
    '  --port NUMBER  the port on 127.0.0.1; any free one if left out\n' +
    '  --no-open      only print the address\n' +
    '  FILE, FOLDER   pictures to begin with',
  'browser-port-invalid': '--port: expected a number from 0 to 65535, got {received}.',

  // The browser host, in the browser.
  'browser-no-key': 'This page needs its key. Open the whole address that Unspeckle printed when it started.',
  'browser-wrong-place':
    'Unspeckle answers only its own pages. Open the address that it printed when it started.',
  'browser-nothing-here': 'There is nothing at this address.',

  // The desktop app's menu.
  'menu-file': 'File',
  'menu-add-pictures': 'Add pictures…',
  'menu-add-folder': 'Add folder…',
  'menu-quit': 'Quit',
  'menu-edit': 'Edit',
  'menu-view': 'View',
  'menu-larger': 'Larger text',
  'menu-smaller': 'Smaller text',
  'menu-usual-size': 'Usual text size',
  'menu-full-screen': 'Full screen',
  'menu-window': 'Window',
  'menu-help': 'Help',
  'menu-about': 'About Unspeckle',

  // Its dialogs.
  'dialog-add-pictures': 'Add pictures',
  'dialog-add-folder': 'Add folders of pictures',
  'dialog-pictures': 'Pictures',
  'dialog-all-files': 'All files',
  'dialog-output-folder': 'Folder for cleaned pictures',
  'dialog-import-model': 'Import a model',
  'dialog-models': 'Models',
  'dialog-save': 'Save',
  'quit-question-cleaning': 'Pictures are still being cleaned. Quit anyway?',
  'quit-detail-cleaning':
    'What is done is kept. The rest can be continued the next time Unspeckle is opened.',
  'quit-stay-cleaning': 'Keep cleaning',
  'quit-question-training': 'A network is still being trained. Quit anyway?',
  'quit-detail-training':
    'What it has learnt is kept. The training can be continued the next time Unspeckle is opened.',
  'quit-stay-training': 'Keep training',
  'quit-end': 'Quit',
  'start-failed': 'Unspeckle could not be started',
} as const;

export type HostText = keyof typeof hostTexts;
