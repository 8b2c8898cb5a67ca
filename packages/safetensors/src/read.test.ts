import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { fromFloat32, openTensors, toFloat32, writeTensors } from './index.js';

const directory = mkdtempSync(join(tmpdir(), 'safetensors-'));
const path = join(directory, 'x.safetensors');

function write(header: string | Uint8Array, data = new Uint8Array(), announced?: bigint): void {
  const json = Buffer.from(header as string);
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(announced ?? BigInt(json.length));
  writeFileSync(path, Buffer.concat([start, json, data]));
}

const entry = (shape: unknown, offsets: unknown, dtype: unknown = 'F32') =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });

/** The code of what opening the file throws. */
function refusal(): string {
  try {
    openTensors(path).close();
  } catch (thrown) {
    return (thrown as { code: string }).code.replace('safetensors/', '');
  }
  return 'accepted';
}

test('reads what a minimal writer wrote, in the order of the data', () => {
  write(`{"b":${entry([1], [4, 8])},"a":${entry([], [0, 4])}}`, new Uint8Array(new Float32Array([7, 8]).buffer));
  const file = openTensors(path);
  expect(file.entries.map(({ name }) => name)).toEqual(['a', 'b']);
  expect([...toFloat32(file.read('b'))]).toEqual([8]);
  expect(file.metadata).toEqual({});
  file.close();
});

test.each<[string, string, string | Uint8Array, number]>([
  ['bad-header', 'not JSON', '{"a":', 0],
  ['bad-header', 'not an object', '[]', 0],
  ['bad-header', 'not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 0],
  ['bad-header', 'metadata not text', '{"__metadata__":{"step":3}}', 0],
  ['bad-tensor', 'no entry', '{"a":null}', 0],
  ['bad-tensor', 'unknown type', `{"a":${entry([1], [0, 8], 'F64')}}`, 8],
  ['bad-tensor', 'negative axis', `{"a":${entry([-1], [0, 4])}}`, 4],
  ['bad-tensor', 'fractional axis', `{"a":${entry([0.5], [0, 2])}}`, 2],
  ['bad-tensor', 'overflowing shape', `{"a":${entry([2 ** 40, 2 ** 40], [0, 4])}}`, 4],
  ['bad-tensor', 'shape against bytes', `{"a":${entry([2], [0, 4])}}`, 4],
  ['bad-tensor', 'offsets missing', `{"a":${entry([1], undefined)}}`, 4],
  ['bad-tensor', 'negative offset', `{"a":${entry([1], [-4, 0])}}`, 4],
  ['bad-offsets', 'gap', `{"a":${entry([1], [4, 8])}}`, 8],
  ['bad-offsets', 'overlap', `{"a":${entry([1], [0, 4])},"b":${entry([1], [0, 4])}}`, 4],
  ['bad-offsets', 'bytes left over', `{"a":${entry([1], [0, 4])}}`, 5],
  ['truncated', 'data cut', `{"a":${entry([2], [0, 8])}}`, 7],
  ['duplicate-name', 'repeated name', `{"a":${entry([1], [0, 4])},"\\u0061":${entry([1], [4, 8])}}`, 8],
])('%s: %s', (code, _, header, dataLength) => {
  write(header, new Uint8Array(dataLength));
  expect(refusal()).toBe(code);
});

test('refuses absurd header lengths before reading them', () => {
  write('{}', new Uint8Array(), 3n);
  expect(refusal()).toBe('truncated');
  write('{}', new Uint8Array(), 2n ** 63n);
  expect(refusal()).toBe('bad-header');
  writeFileSync(path, new Uint8Array(7));
  expect(refusal()).toBe('truncated');
});

test('a missing file and a directory are named', () => {
  expect(() => openTensors(join(directory, 'nothing'))).toThrow(
    /\[perfit\/safetensors\] cannot read .*nothing: ENOENT/,
  );
  expect(() => openTensors(directory)).toThrow(expect.objectContaining({ code: 'safetensors/unreadable' }));
});

test('an unknown name lists the nearest; a closed file says so; closing twice is fine', () => {
  writeTensors(
    path,
    ['q_proj', 'k_proj', 'norm', 'head'].map((name) => fromFloat32(name, new Float32Array(1), [1])),
  );
  const file = openTensors(path);
  expect(() => file.read('q_prjo')).toThrow(/no tensor "q_prjo"\. The nearest names are: q_proj, k_proj/);
  file.close();
  file.close();
  expect(() => file.read('norm')).toThrow(expect.objectContaining({ code: 'safetensors/closed' }));
});

test('a file cut or flipped anywhere never yields wrong shapes: it is refused, or its tensors fit their shapes', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean(), (at, byte, cut) => {
      writeTensors(path, [fromFloat32('weight', new Float32Array([1, 2, 3, 4]), [2, 2])]);
      const bytes = readFileSync(path);
      if (!cut) bytes[at % bytes.length] = byte;
      writeFileSync(path, cut ? bytes.subarray(0, at % bytes.length) : bytes);
      if (cut) return refusal() !== 'accepted';
      if (refusal() !== 'accepted') return true;
      const opened = openTensors(path);
      const fits = opened.entries.every(({ name, shape }) => {
        const { bytes: data, elementType } = opened.read(name);
        const width = { F32: 4, I32: 4, F16: 2, BF16: 2, I64: 8, U8: 1 }[elementType];
        return data.length === width * shape.reduce((a, b) => a * b, 1);
      });
      opened.close();
      return fits;
    }),
    { numRuns: 100 },
  );
});
