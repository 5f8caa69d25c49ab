import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Prints each skipped test with its reason, and a last line that counts. */
export default class SkipsAndCounts implements Reporter {
  readonly #skipped: string[] = [];
  #passed = 0;
  #failed = 0;

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    if (result.state === 'passed') this.#passed++;
    else if (result.state === 'failed') this.#failed++;
    else if (result.state === 'skipped')
      this.#skipped.push(`${test.fullName}: ${result.note ?? 'no reason given'}`);
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    // A file that breaks before its first test counts as a failure, not as nothing.
    const broken = modules.filter(
      (module) => module.state() === 'failed' && module.children.size === 0,
    ).length;
    for (const line of this.#skipped) console.log(`skipped: ${line}`);
    const failed = this.#failed + broken + errors.length;
    if (this.#skipped.length > 0) console.log(`${this.#skipped.length} skipped`);
    console.log(`${this.#passed} passed, ${failed} failed`);
  }
}
