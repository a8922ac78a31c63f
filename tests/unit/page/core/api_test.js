/* What the API offers stands in docs/page.md; and what the page asks for, it
 * offers. */
import { readdirSync, readFileSync } from 'node:fs';
import { assert, test } from './tap.js';

const root = process.env.POND_SOURCE;
const source = (path) => readFileSync(`${root}/${path}`, 'utf8');

/** [method, path, class] of each row; "*" is any part. */
const ROWS = readdirSync(`${root}/src/node/page`)
  .filter((name) => /^api_\w+\.c$/.test(name))
  .flatMap((name) => [...source(`src/node/page/${name}`).matchAll(
    /\{"(GET|POST|PUT|PATCH|DELETE)",\s*"([^"]+)",\s*(API_\w+)/g)])
  .map(([, method, path, kind]) => ({ method, path, kind }));

test('each path of the API is documented', () => {
  assert.ok(ROWS.length > 80);
  const whole = source('docs/page.md');
  const table = whole.slice(whole.indexOf('| class | method and path'),
    whole.indexOf('## Live topics'));
  const known = new Set([...table.matchAll(/[a-z][a-z.-]*(?:\/(?:[A-Z]+|[a-z.-]+))*/g)]
    .map(([path]) => path.replace(/\/[A-Z]+/g, '/*')));
  assert.deepEqual(ROWS.filter(({ path }) => !known.has(path))
    .map(({ method, path }) => `${method} ${path}`), []);
});

test('no two rows answer one request, and what reads moves nothing', () => {
  const names = ROWS.map(({ method, path }) => `${method} ${path}`);
  assert.equal(new Set(names).size, names.length);
  for (const { method, path, kind } of ROWS)
    assert.ok(method !== 'GET' || kind === 'API_READ' || kind === 'API_OPEN',
      `GET ${path} is of the class ${kind}`);
});

/** Files of the page. @param {string} folder @returns {string[]} */
function files(folder) {
  return readdirSync(`${root}/${folder}`, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(`${folder}/${entry.name}`)
      : /\.jsx?$/.test(entry.name) ? [`${folder}/${entry.name}`] : []);
}

test('what the page asks for is there', () => {
  // Paths that are written out, with ${…} for a part.
  const asked = ['web/core', 'web/parts', 'web/screens'].flatMap(files)
    .flatMap((name) => [...source(name).matchAll(
      /(?<![.\w])(?:get|order|useAnswer|useList)\(\s*(['`])([a-z][^'`?]*)\1/g)]
      .map(([, , path]) => ({ name, path: path.replace(/\$\{[^}]*\}/g, '*') })));
  assert.ok(asked.length > 40);
  const fits = (path, row) => {
    const parts = path.split('/');
    const wanted = row.split('/');
    return parts.length === wanted.length && parts.every((part, at) =>
      part === wanted[at] || part === '*' || wanted[at] === '*');
  };
  assert.deepEqual(asked.filter(({ path }) => !path.startsWith('*') &&
    !ROWS.some((row) => fits(path, row.path)))
    .map(({ name, path }) => `${name}: ${path}`), []);
});
