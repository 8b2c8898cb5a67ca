/// <reference types="jest" />
import type { Codec } from '../contract.js';
import { seededRandom } from './federation.js';

/**
 * The contract of every {@link Codec}, as a jest suite: as many bytes as it says, as many values as went in, 0 stays 0,
 * decided by the values alone, decoding twice changes nothing more, inputs untouched.
 *
 * @param make makes the codec; called for every test.
 * @param options `error` (0.01): the largest error of a value drawn from [−1, 1).
 * @example
 * describe('bf16', () => testCodec(() => bf16()));
 */
export function testCodec(make: () => Codec, { error = 0.01 }: { readonly error?: number } = {}): void {
  const random = seededRandom(5);
  const draw = (count: number) => Float32Array.from({ length: count }, () => 2 * random() - 1);
  const through = (values: Float32Array) => make().decode(make().encode(values), values.length);

  test('has a kebab-case name', () => expect(make().name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/));

  test.each([0, 1, 7, 64, 65, 1000])('%i values come back, in as many bytes as it says', (count) => {
    const values = draw(count);
    const before = values.slice();
    const bytes = make().encode(values);
    expect(bytes.length).toBe(make().bytes(count));
    const back = make().decode(bytes, count);
    expect(back).toBeInstanceOf(Float32Array);
    expect(back.length).toBe(count);
    expect(values).toEqual(before);
    back.forEach((value, i) => {
      expect(Math.abs(value - values[i])).toBeLessThanOrEqual(error);
    });
  });

  test('0 stays 0: a pruned position is never revived', () => {
    const values = draw(200).map((value, i) => (i % 3 ? value : 0));
    through(values).forEach((value, i) => {
      if (i % 3 === 0) expect(value).toBe(0);
    });
    expect(through(new Float32Array(70)).every((value) => value === 0)).toBe(true);
  });

  test('is decided by the values, wherever they lie in memory', () => {
    const values = draw(100);
    const inside = new Float32Array(130);
    inside.set(values, 17);
    expect(make().encode(inside.subarray(17, 117))).toEqual(make().encode(values));
    const shifted = new Uint8Array(make().bytes(100) + 3);
    shifted.set(make().encode(values), 3);
    expect(make().decode(shifted.subarray(3), 100)).toEqual(through(values));
  });

  test('what came through once comes through again as it is, to rounding', () => {
    const once = through(draw(300));
    through(once).forEach((value, i) => {
      expect(Math.abs(value - once[i])).toBeLessThanOrEqual(1e-6);
    });
  });
}
