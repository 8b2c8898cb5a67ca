import { testCodec } from '../testing.js';
import { bf16 } from './bf16.js';
import { f32 } from './f32.js';
import { int8 } from './int8.js';

describe('f32', () => {
  testCodec(f32, { error: 0 });
});
describe('bf16', () => {
  testCodec(bf16, { error: 2 ** -8 });

  test('rounds to nearest, ties to even, negative ones too', () => {
    const values = Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8, -1 - 2 ** -7, 3.14159274);
    expect([...bf16().decode(bf16().encode(values), 4)]).toEqual([1, 1 + 2 ** -6, -1 - 2 ** -7, 3.140625]);
  });
});
describe('int8', () => {
  testCodec(() => int8(), { error: 1 / 254 + 1e-6 });

  test('by hand: 127, −64 and 0.4 over a scale of 1; the next block has its own', () => {
    const values = Float32Array.of(127, -64, 0.4, 0.5);
    expect([...int8({ block: 3 }).decode(int8({ block: 3 }).encode(values), 4)]).toEqual([127, -64, 0, 0.5]);
    expect(int8({ block: 3 }).bytes(4)).toBe(12);
  });

  test('refuses half a block', () => {
    expect(() => int8({ block: 0.5 })).toThrow(expect.objectContaining({ code: 'aggregation/bad-option' }));
  });
});
