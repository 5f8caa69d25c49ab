import { app } from 'electron';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApp } from '../app/app.ts';
import { homeFolder } from '../app/places.ts';
import { desktopPlaces } from './desktop-places.ts';
import { Desktop } from './desktop.ts';
import { fileArguments } from './file-arguments.ts';
import { lockDownProcess } from './lock-down.ts';
import { declareScheme } from './page-protocol.ts';

const places = desktopPlaces({
  here: dirname(fileURLToPath(import.meta.url)),
  isPackaged: app.isPackaged,
  resources: process.resourcesPath,
  platform: process.platform,
  env: process.env,
});
// Chromium's own files, apart from the person's models and jobs. One home, one running app.
const browserData = join(homeFolder(process.env), 'window');
app.setName('Unspeckle');
app.setPath('userData', browserData);
app.setAppUserModelId('app.unspeckle.desktop');
declareScheme();
lockDownProcess();

const paths = fileArguments(process.argv.slice(app.isPackaged ? 1 : 2), process.cwd());
if (app.requestSingleInstanceLock({ paths })) {
  const { root, engineNode, env } = places;
  new Desktop({
    places,
    placeFile: join(browserData, 'place.json'),
    createApp: () => createApp({ root, engineNode, env }),
    paths,
  }).start();
} else {
  app.quit();
}
