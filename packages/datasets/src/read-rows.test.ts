import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Row } from './contract.js';
import { loadDataset } from './load-dataset.js';
import { makeDataset } from './make-dataset.js';
import { readRows } from './read-rows.js';
import { writeRows } from './write-rows.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rows-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (content: string | Uint8Array, name = 'rows.jsonl') => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const refusal = (content: string | Uint8Array) => {
  try {
    return readRows(file(content));
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message };
  }
};

describe('readRows', () => {
  test('reads Alpaca’s and Dolly’s names, and labels that are numbers', () => {
    const path = file(
      [
        { instruction: 'Add.', input: '1 2', output: '3', client: 12, task: 'sum' },
        { instruction: 'Who?', context: 'Ada wrote.', response: 'Ada', category: 'closed_qa' },
        { instruction: 'Say hi.', input: '', output: 'hi', client: 'b', extra: [1] },
        { instruction: 'Say ho.', input: null, output: ' ho\n' },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    expect(readRows(path)).toEqual([
      { instruction: 'Add.', input: '1 2', output: '3', client: '12', task: 'sum' },
      { instruction: 'Who?', input: 'Ada wrote.', output: 'Ada', category: 'closed_qa' },
      { instruction: 'Say hi.', output: 'hi', client: 'b' },
      { instruction: 'Say ho.', output: ' ho\n' },
    ]);
  });

  test('skips blank lines and a byte order mark, takes Windows’ line ends', () => {
    const row = '{"instruction":"a","output":"b"}';
    expect(readRows(file(`\ufeff${row}\r\n\r\n  \n${row}\r\n`))).toHaveLength(2);
  });

  test.each([
    ['{"instruction": "a"', 'not JSON', 1],
    ['{"instruction":"a","output":"b"}\n[]', 'expected an object, got an array', 2],
    ['null', 'expected an object, got null', 1],
    ['"text"', 'expected an object, got a string', 1],
    ['{"instruction":"a"}', '"output" is missing or empty', 1],
    ['{"instruction":"a","output":""}', '"output" is missing or empty', 1],
    ['{"instruction":"a","output":" \\n"}', '"output" holds nothing but blanks', 1],
    ['{"instruction":"a","output":7}', '"output" is a number', 1],
    ['{"instruction":["a"],"output":"b"}', '"instruction" is an array', 1],
    ['{"instruction":"a","output":"b","client":{}}', '"client" is a object', 1],
    ['{"output":"b"}', 'neither "instruction" nor "input" asks anything', 1],
    ['\n\n{"instruction":"a","context":1,"output":"b"}', '"context" is a number', 3],
  ])('refuses %j: %s', (content, what, line) => {
    const { code, message } = refusal(content) as { code: string; message: string };
    expect(code).toBe('datasets/malformed-row');
    expect(message).toContain(`rows.jsonl:${line}`);
    expect(message).toContain(what);
  });

  test('refuses what is not UTF-8 with its line', () => {
    const bytes = Buffer.concat([Buffer.from('{"instruction":"a","output":"b"}\n"'), Buffer.from([0xe9, 0x22])]);
    expect(refusal(bytes)).toMatchObject({
      code: 'datasets/not-utf8',
      message: expect.stringContaining('rows.jsonl:2'),
    });
  });

  test.each(['', '\n\n  \n'])('refuses a file without a row: %j', (content) => {
    expect(refusal(content)).toMatchObject({ code: 'datasets/empty-file' });
  });

  test('refuses a path that leads nowhere, or to a folder', () => {
    expect(() => readRows(join(folder, 'none.jsonl'))).toThrow(
      expect.objectContaining({ code: 'datasets/file-not-found' }),
    );
    expect(() => readRows(folder)).toThrow(/EISDIR/);
  });
});

const text = fc.string({ unit: 'binary' }).filter((s) => s.trim() !== '');
const anyRow: fc.Arbitrary<Row> = fc.record(
  { instruction: text, output: text, input: text, client: text, task: text, category: text },
  { requiredKeys: ['instruction', 'output'] },
);

test('rows that are written are read back equal, and nothing else stays behind', () => {
  fc.assert(
    fc.property(fc.array(anyRow, { minLength: 1, maxLength: 5 }), (rows) => {
      const path = join(folder, 'deep', 'er', 'rows.jsonl');
      writeRows(path, rows);
      expect(readRows(path)).toEqual(rows);
      expect(readdirSync(join(folder, 'deep', 'er'))).toEqual(['rows.jsonl']);
    }),
    { numRuns: 50 },
  );
});

describe('loadDataset', () => {
  const rows: Row[] = [1, 2, 3].map((i) => ({ instruction: `q${i}`, output: `a${i}`, client: `c${i}` }));

  test('a folder: train, test and, where there is one, validation', () => {
    writeRows(join(folder, 'train.jsonl'), rows);
    writeRows(join(folder, 'test.jsonl'), rows.slice(1));
    expect(loadDataset(folder)).toMatchObject({ train: rows, validation: [], test: rows.slice(1) });
    writeRows(join(folder, 'validation.jsonl'), rows.slice(2));
    expect(loadDataset(folder).validation).toEqual(rows.slice(2));
  });

  test('one file is all training rows', () => {
    writeRows(join(folder, 'notes.jsonl'), rows);
    expect(loadDataset(join(folder, 'notes.jsonl'))).toMatchObject({
      name: 'notes',
      train: rows,
      validation: [],
      test: [],
    });
  });

  test.each(['train', 'test'])('a folder without %s.jsonl is an error, not an empty split', (missing) => {
    writeRows(join(folder, missing === 'train' ? 'test.jsonl' : 'train.jsonl'), rows);
    expect(() => loadDataset(folder)).toThrow(
      expect.objectContaining({ code: 'datasets/missing-split', message: expect.stringContaining(`${missing}.jsonl`) }),
    );
  });

  test('nothing there', () => {
    expect(() => loadDataset(join(folder, 'none'))).toThrow(
      expect.objectContaining({ code: 'datasets/file-not-found' }),
    );
  });

  test('the digest depends on rows, order and split, not on formatting', () => {
    const plain = loadDataset(file(rows.map((row) => JSON.stringify(row)).join('\n')));
    const spaced = loadDataset(
      file(
        `\n${rows.map(({ client, output, instruction }) => JSON.stringify({ client, response: output, instruction }, null, 0)).join('\r\n\r\n')}`,
      ),
    );
    expect(spaced.sha256).toBe(plain.sha256);
    const others = [
      makeDataset('x', { train: [...rows].reverse() }),
      makeDataset('x', { train: rows.slice(1), test: rows.slice(0, 1) }),
      makeDataset('x', { train: rows.slice(1), validation: rows.slice(0, 1) }),
      makeDataset('x', { train: rows.map((row) => ({ ...row, client: 'c' })) }),
    ].map(({ sha256 }) => sha256);
    expect(new Set([plain.sha256, ...others]).size).toBe(5);
    expect(plain.sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});
