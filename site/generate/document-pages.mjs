import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import { page, prose, table, WIDE } from './markdown.mjs';
import { sourceAddress, sourceLink } from './source-link.mjs';

/** What was measured: a page an example, the benchmarks, the log, the decisions, and an index of them. */
export function documentPages(root) {
  const examples = readdirSync(join(root, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'examples', entry.name, 'README.md')))
    .map(({ name }) => readExample(root, name));
  const pages = new Map([
    ['/reference/results/index', indexPage(examples)],
    ['/reference/results/benchmarks', document(root, 'benchmarks/README.md')],
    ['/reference/results/log', document(root, 'docs/log.md')],
    ['/reference/decisions', document(root, 'docs/decisions.md')],
  ]);
  for (const { name, text } of examples) pages.set(`/reference/results/${name}`, text);
  return { pages, examples };
}

function readExample(root, name) {
  const folder = `examples/${name}`;
  const [head, ...body] = readFileSync(join(root, folder, 'README.md'), 'utf8').split('\n');
  const results = resultFiles(root, folder);
  const text = page(
    WIDE,
    head,
    foreign(body.join('\n'), folder),
    ...results.flatMap((file) => [`## ${file.slice(folder.length + 1)}`, foreign(read(root, file), folder)]),
    '## Source',
    sourceLink(folder),
  );
  return { name, title: head.replace(/^# /, ''), results, text };
}

/** Tables that an example keeps beside its README. */
function resultFiles(root, folder) {
  const inside = existsSync(join(root, folder, 'results')) ? readdirSync(join(root, folder, 'results')) : [];
  return [...readdirSync(join(root, folder)), ...inside.map((name) => `results/${name}`)]
    .filter((path) => /^results(\.md|\/.+\.md)$/.test(path))
    .map((path) => `${folder}/${path}`)
    .sort();
}

const read = (root, path) => readFileSync(join(root, path), 'utf8');

const document = (root, path) => page(WIDE, foreign(read(root, path), posix.dirname(path)));

/** A file of the repository as a page: its relative links lead to the repository, fenced code stays as it is. */
function foreign(text, folder) {
  return text
    .split(/(^```[\s\S]*?^```)/m)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : prose(part).replace(
            /\]\((?!https?:|#)([^)]+)\)/g,
            (_, to) => `](${sourceAddress(posix.join(folder, to.replaceAll('\\_', '_')))})`,
          ),
    )
    .join('')
    .trim();
}

function indexPage(examples) {
  return page(
    '# Results',
    'What was measured, with what it was measured on, also what did not help. Every figure comes from a command that stands beside it.',
    table(
      ['example', 'what it asks', 'tables'],
      examples.map(({ name, title, results }) => [
        `[${name}](./${name})`,
        prose(title),
        results.map((file) => basename(file)).join(', ') || 'in its text',
      ]),
    ),
    'The [benchmarks](./benchmarks) stand beside PyTorch + PEFT, in one run each. The [log](./log) holds measurements of the engine and of the training step; their data lie in `benchmarks/results`. How things were decided: [decisions](/reference/decisions).',
  );
}
