import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configurationJsonSchema, configurationSchema } from './configuration.js';
import { readConfiguration } from './parse-configuration.js';

const write = (text: string) => {
  const path = join(mkdtempSync(join(tmpdir(), 'perfit-config-')), 'c.yaml');
  writeFileSync(path, text);
  return path;
};
const failure = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error('nothing was thrown');
};

describe('readConfiguration', () => {
  it('is the embedded default without a file', () => {
    expect(readConfiguration(null)).toMatchObject({
      model: 'tiny',
      data: 'embedded',
      methods: ['untuned', 'local-only', 'fedit', 'fedit-local', 'perfit', 'perfit-validated'],
    });
  });

  it('reads YAML, and --set changes keys, also inside strategies named by a bare word', () => {
    const path = write('rounds: 2\naggregator: shared-exclusive\n');
    const read = readConfiguration(path, [
      'rounds=7',
      'aggregator.minHolders=3',
      'methods=[fedit, perfit]',
      'search.iterations=2',
    ]);
    expect(read).toMatchObject({
      rounds: 7,
      aggregator: { name: 'shared-exclusive', minHolders: 3 },
      methods: ['fedit', 'perfit'],
      search: { iterations: 2 },
    });
  });

  it('keeps the limits beside a path that --set replaces', () => {
    const path = write('data: {path: fedflan, testRows: 20}\n');
    expect(readConfiguration(path, ['data=elsewhere']).data).toEqual({ path: 'elsewhere', testRows: 20 });
  });

  it('sets keys of an entry of a list by its place, and leaves the list a list', () => {
    const path = write('methods: [perfit, {name: other, method: fedit, rank: 4}]\n');
    expect(readConfiguration(path, ['methods.0.aggregator=weighted-mean', 'methods.1.rank=2']).methods).toEqual([
      { name: 'perfit', aggregator: 'weighted-mean' },
      { name: 'other', method: 'fedit', rank: 2 },
    ]);
    for (const place of ['2', 'perfit'])
      expect(failure(() => readConfiguration(path, [`methods.${place}.rank=2`]))).toMatchObject({
        code: 'runtime/invalid-configuration',
        message: expect.stringContaining(`place '${place}' of a list of 2`),
      });
  });

  it.each([
    ['an unknown key, with the nearest valid one', 'rouns: 3', 'runtime/unknown-key', /'rouns'.*Did you mean 'rounds'/],
    ['an unknown key inside search', 'search: {iteration: 3}', 'runtime/unknown-key', /'iteration' under search/],
    ['a value of the wrong type', 'rounds: many', 'runtime/invalid-configuration', /rounds in .* is "many"/],
    [
      'a batch that no machine holds',
      'batchSize: 1e9',
      'runtime/invalid-configuration',
      /batchSize in .* is 1000000000/,
    ],
    ['a number out of range', 'rank: 0', 'runtime/invalid-configuration', /rank in .* is 0/],
    [
      'a method entry with a foreign key',
      'methods: [{name: x, rounds: 3}]',
      'runtime/unknown-key',
      /'rounds' under methods\.0/,
    ],
    ['broken YAML', 'rounds: [1', 'runtime/invalid-yaml', /not YAML/],
    ['a list at the top', '- 1', 'runtime/invalid-yaml', /holds a list/],
  ])('refuses %s', (_, text, code, message) => {
    const error = failure(() => readConfiguration(write(text)));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/^\[perfit\/runtime\] /);
    expect(error.message).toMatch(message);
  });

  it('names a file that is missing', () => {
    expect(failure(() => readConfiguration('/nowhere/c.yaml')).message).toMatch(
      /cannot read the configuration \/nowhere\/c\.yaml: ENOENT/,
    );
  });

  it('refuses a --set without a value', () => {
    expect(failure(() => readConfiguration(null, ['rounds'])).code).toBe('runtime/invalid-configuration');
  });
});

describe('configurationJsonSchema', () => {
  it('is what configuration.schema.json holds', () => {
    const published = readFileSync(new URL('../configuration.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(configurationJsonSchema())));
  });

  it('describes every key and allows no other', () => {
    const schema = configurationJsonSchema() as { properties: object; additionalProperties: boolean };
    expect(Object.keys(schema.properties).sort()).toEqual(Object.keys(configurationSchema.shape).sort());
    expect(schema.additionalProperties).toBe(false);
  });
});
