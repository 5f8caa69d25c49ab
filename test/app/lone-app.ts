/** The application as a process of its own, to be killed from outside. */
import { readFileSync } from 'node:fs';
import { createApp } from '../../app/app.ts';
import { cleanJob } from '../../contract/clean.ts';

const [root = '', home = '', enginePath = '', job = ''] = process.argv.slice(2);
const app = createApp({ root, home, enginePath });
app.subscribe((event) => {
  if (event.type === 'summary') void app.close();
});
await app.api.startClean({ job: cleanJob.parse(JSON.parse(readFileSync(job, 'utf8'))), resume: false });
