import { existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { ElementType, StoredTensor } from './index.js';
import { fromFloat32, openTensors, writeTensors, writeTogether, writeWhole } from './index.js';

const directory = mkdtempSync(join(tmpdir(), 'safetensors-'));
const path = join(directory, 'deep', 'er', 'x.safetensors');

test('the bytes are the reference library’s', () => {
  writeTensors(path, [
    fromFloat32('b', new Float32Array([1]), [1]),
    { name: '10', elementType: 'U8', shape: [1], bytes: new Uint8Array([9]) },
    fromFloat32('a', new Float32Array([2]), []),
  ]);
  const bytes = readFileSync(path);
  const json =
    '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},' +
    '"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"10":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}}';
  const length = Math.ceil(json.length / 8) * 8;
  expect(Number(bytes.readBigUInt64LE())).toBe(length);
  expect(bytes.subarray(8, 8 + length).toString()).toBe(json.padEnd(length));
  expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0, 64, 0, 0, 128, 63, 9]);
});

const widths: Record<ElementType, number> = { F32: 4, F16: 2, BF16: 2, I32: 4, I64: 8, U8: 1 };
const stored = fc
  .record({
    name: fc.string({ unit: 'grapheme', maxLength: 12 }).filter((name) => name !== '__metadata__'),
    elementType: fc.constantFrom(...(Object.keys(widths) as ElementType[])),
    shape: fc.array(fc.nat(3), { maxLength: 3 }),
  })
  .map(({ name, elementType, shape }): StoredTensor => {
    const count = shape.reduce((a, b) => a * b, 1) * widths[elementType];
    return {
      name,
      elementType,
      shape,
      bytes: Uint8Array.from({ length: count }, (_, i) => (i * 37 + name.length) % 256),
    };
  });

test('what is written is read back: any names, types and shapes, none included', () => {
  const tensors = fc.uniqueArray(stored, { selector: ({ name }) => name, maxLength: 6 });
  fc.assert(
    fc.property(tensors, fc.dictionary(fc.string(), fc.string()), (written, metadata) => {
      writeTensors(path, written, metadata);
      const file = openTensors(path);
      expect(file.entries).toHaveLength(written.length);
      for (const tensor of written) expect(file.read(tensor.name)).toEqual(tensor);
      expect({ ...file.metadata }).toEqual({ ...metadata });
      file.close();
    }),
    { numRuns: 40 },
  );
});

test('bad tensors are refused before anything is written', () => {
  const target = join(directory, 'never');
  const one = fromFloat32('a', new Float32Array(1), [1]);
  const refuse = (tensors: StoredTensor[], code: string) =>
    expect(() => writeTensors(target, tensors)).toThrow(expect.objectContaining({ code: `safetensors/${code}` }));
  refuse([one, one], 'duplicate-name');
  refuse([{ ...one, shape: [2] }], 'bad-tensor');
  refuse([{ ...one, shape: [-1] }], 'bad-tensor');
  refuse([{ ...one, name: '__metadata__' }], 'bad-tensor');
  expect(existsSync(target)).toBe(false);
});

test('a failed write leaves the old file and nothing beside it', () => {
  const folder = mkdtempSync(join(directory, 'whole-'));
  const target = join(folder, 'a.txt');
  writeWhole(target, 'old');
  const failing = (function* () {
    yield new Uint8Array([1]);
    throw new Error('no more');
  })();
  expect(() => writeWhole(target, failing)).toThrow('no more');
  expect(readFileSync(target, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['a.txt']);
  writeWhole(target, new Uint8Array([104, 105]));
  expect(readFileSync(target, 'utf8')).toBe('hi');
});

test('files that belong together change together', () => {
  const folder = mkdtempSync(join(directory, 'together-'));
  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  writeTogether([
    { path: a, content: 'old a' },
    { path: b, content: 'old b' },
  ]);
  const unwritable = { path: join(a, 'below a file'), content: 'x' };
  expect(() => writeTogether([{ path: a, content: 'new a' }, { path: b, content: 'new b' }, unwritable])).toThrow(
    expect.objectContaining({ code: 'safetensors/unwritable', message: expect.stringContaining('below a file') }),
  );
  expect([readFileSync(a, 'utf8'), readFileSync(b, 'utf8')]).toEqual(['old a', 'old b']);
  expect(readdirSync(folder)).toEqual(['a', 'b']);
});

test('what cannot be written says why', () => {
  const blocked = join(directory, 'file');
  writeFileSync(blocked, '');
  expect(() => writeWhole(join(blocked, 'a'), 'x')).toThrow(
    expect.objectContaining({ code: 'safetensors/unwritable' }),
  );
  symlinkSync(join(directory, 'deep'), join(directory, 'link'));
  writeWhole(join(directory, 'link', 'through'), 'x');
  expect(readFileSync(join(directory, 'deep', 'through'), 'utf8')).toBe('x');
});
