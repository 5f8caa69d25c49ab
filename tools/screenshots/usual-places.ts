import type { Product } from '../../test/window/product.ts';

const home = '/home/alex';

/**
 * Shows places as they are on anybody's machine: pictures for a document are not about the temporary folder they were
 * taken in, nor about the disks of the machine that took them.
 */
export async function showUsualPlaces({ page, person, home: app }: Product): Promise<void> {
  await page.route('**/invoke/*', async (route) => {
    const answer = await route.fetch();
    const text = (await answer.text())
      .replaceAll(app, `${home}/.local/share/unspeckle`)
      .replaceAll(person, home)
      .replaceAll('"name":"person"', '"name":"alex"');
    const reply = JSON.parse(text) as { value?: { roots?: readonly { name: string }[] } | null };
    const disks = reply.value?.roots;
    if (reply.value && disks) reply.value.roots = disks.filter(({ name }) => name === 'alex' || name === '/');
    await route.fulfill({ response: answer, json: reply });
  });
}
