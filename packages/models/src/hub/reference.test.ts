import { parseReference, referenceName } from './reference.js';

test.each([
  ['a/b', { repository: 'a/b', revision: 'main', file: undefined }],
  ['An-Owner/a.Model_2@v1.0+x', { repository: 'An-Owner/a.Model_2', revision: 'v1.0+x', file: undefined }],
  ['a/b@refs/pr/1:c/d.gguf', { repository: 'a/b', revision: 'refs/pr/1', file: 'c/d.gguf' }],
  ['a/b:c d.gguf', { repository: 'a/b', revision: 'main', file: 'c d.gguf' }],
])('%s', (name, reference) => {
  expect(parseReference(name)).toEqual(reference);
  expect(referenceName(reference)).toBe(name);
});

test.each(
  ['', 'a', 'a/', '/a/b', 'a/b/c', './b', '../b', 'a/..', 'a/b..c', 'a/.b', 'a/b@', 'a/b@..', 'a/b@x/../y'].concat([
    'a/b:',
    'a/b:../c.gguf',
    'a/b:c:d',
    'a b/c',
    'a/b\n',
    `${'a'.repeat(97)}/b`,
    'C:\\a\\b',
    '-a/b',
    'a/b@-x',
  ]),
)('%j names no model of the hub', (name) => {
  expect(parseReference(name)).toBeUndefined();
});
