import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

const upTo = (section: string, last: number): string[] =>
  Array.from({ length: last }, (_, index) => `${section}${index + 1}`);

/** Every promise by its id: pictures, files, faults, training, models, load, security. */
const sections = { H: 23, P: 18, F: 13, T: 7, M: 20, L: 7, S: 17 };
const ids = Object.entries(sections).flatMap(([section, last]) => upTo(section, last));

const idPattern = /\b[HPFTMLS]\d{1,2}\b/g;

/** The ids in the names of the tests of a file: of `test`, of `describe`, and of either with `.each` and the like. */
function idsNamedIn(file: string): Set<string> {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTest(node.expression)) {
      const [name] = node.arguments;
      for (const id of name?.getText(source).match(idPattern) ?? []) found.add(id);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isTest(called: ts.Expression): boolean {
  if (ts.isIdentifier(called)) return ['test', 'it', 'describe'].includes(called.text);
  if (ts.isPropertyAccessExpression(called)) return isTest(called.expression);
  return ts.isCallExpression(called) && isTest(called.expression);
}

const testFiles = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join(root, 'test', name));
const named = new Map(testFiles.map((file) => [relative(root, file), idsNamedIn(file)]));

const page = readFileSync(join(root, 'docs/reliability.md'), 'utf8');

/** The rows of the tables below a heading, as their cells. */
function rowsBelow(heading: RegExp): string[][] {
  const sections = page.split(/^##+ /m).filter((section) => heading.test(section.split('\n')[0] ?? ''));
  return sections
    .flatMap((section) => section.split('\n'))
    .filter((line) => /^\| [HPFTMLS]\d/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim())); // prettier-ignore
}

test('every row of the matrix has a test that bears its id, or a reason why it has none', () => {
  const reasons = new Set(rowsBelow(/without a desktop/).map(([id]) => id));
  const inTests = new Set([...named.values()].flatMap((found) => [...found]));
  expect(ids.filter((id) => !inTests.has(id) && !reasons.has(id))).toEqual([]);
});

test('the page on reliability has one row for each, and the files it names have tests that bear the id', () => {
  const rows = rowsBelow(/^[HPFTMLS]\. /);
  const inRows = rows.map(([id]) => id);
  expect(ids.filter((id) => inRows.filter((one) => one === id).length !== 1)).toEqual([]);
  const wrong = rows.flatMap(([id = '', , , tests = '']) => {
    const files = [...tests.matchAll(/`([^`]+)`/g)].map(([, file = '']) => `test/${file}.test.ts`);
    const lacking = files.filter((file) => !named.get(file)?.has(id));
    return files.length === 0 ? [`${id} names no file`] : lacking.map((file) => `${id}: ${file}`);
  });
  expect(wrong).toEqual([]);
});
