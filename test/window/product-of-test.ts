import { afterAll, beforeAll, beforeEach, type TestContext } from 'vitest';
import { whatIsMissing } from './hosts.ts';
import { Product, type ProductOptions } from './product.ts';

/** Opens the product for one test, or skips it, saying why. */
export async function openProduct(context: TestContext, options: ProductOptions = {}): Promise<Product> {
  const missing = whatIsMissing();
  if (missing) context.skip(missing);
  const product = await Product.open(options);
  showFailure(context, () => product);
  context.onTestFinished(() => closeQuiet(product), 60_000);
  return product;
}

/** One product for all tests of a file, in their order; they are skipped, saying why, where it can't be opened. */
export function productOfFile(options: ProductOptions = {}): () => Product {
  const missing = whatIsMissing();
  let product: Product | null = null;
  beforeAll(async () => {
    if (!missing) product = await Product.open(options);
  }, 120_000);
  beforeEach((context) => {
    if (missing) context.skip(missing);
    showFailure(context, () => product);
  });
  afterAll(() => product && closeQuiet(product), 60_000);
  return () => {
    if (!product) throw new Error('the product is not open');
    return product;
  };
}

/** A test that failed prints what the window said at that moment. */
function showFailure(context: TestContext, product: () => Product | null): void {
  context.onTestFailed(async () => {
    const shown = await product()?.page.locator('body').ariaSnapshot({ timeout: 5000 }).catch(String);
    console.error(`“${context.task.name}” failed while the window showed\n${shown}`);
    console.error(product()?.errors.slice(0, 20).join('\n'));
  });
}

/** The pages of a product that was well logged no error. */
async function closeQuiet(product: Product): Promise<void> {
  await product.close();
  product.mustBeQuiet();
}
