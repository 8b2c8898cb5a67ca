import fc from 'fast-check';
import { onesOf } from './architecture.js';
import {
  type Architecture,
  applyArchitecture,
  architectureFrom,
  architectureFromBytes,
  difference,
  emptyArchitecture,
  equalArchitectures,
  expectedJaccard,
  filterArchitecture,
  fullArchitecture,
  intersect,
  isLive,
  jaccard,
  livePositions,
  lowestOne,
  pack,
  union,
  unpackInto,
  wordsOf,
} from './index.js';
import { seededRandom } from './testing.js';

const refuses = (code: string) => expect.objectContaining({ code: `lora/${code}` });
const flags = fc.array(fc.boolean(), { maxLength: 70 });
const from = (live: readonly boolean[]) => architectureFrom(live.length, (position) => live[position]);
const toFlags = (architecture: Architecture) =>
  Array.from({ length: architecture.size }, (_, position) => isLive(architecture, position));
const pairs = fc.integer({ min: 0, max: 70 }).chain((length) => {
  const side = fc.array(fc.boolean(), { minLength: length, maxLength: length });
  return fc.tuple(side, side);
});

test('a mask holds what it was made of: predicate, positions and bytes agree', () => {
  fc.assert(
    fc.property(flags, (live) => {
      const mask = from(live);
      const positions = live.flatMap((flag, position) => (flag ? [position] : []));
      expect(toFlags(mask)).toEqual(live);
      expect(mask.live).toBe(positions.length);
      expect([...livePositions(mask)]).toEqual(positions);
      expect(architectureFrom(live.length, [...positions, ...positions].reverse())).toEqual(mask);
      expect(architectureFromBytes(live.length, mask.bits)).toEqual(mask);
    }),
  );
});

test('bits lie least significant first', () => {
  expect([...architectureFrom(10, [0, 3, 9]).bits]).toEqual([0b1001, 0b10]);
});

test.each([0, 1, 2, 3])('words are the bytes, wherever they lie: %i bytes into a buffer', (offset) => {
  for (let length = 0; length < 10; length++) {
    const bits = Uint8Array.from({ length: 16 }, () => 255).subarray(offset, offset + length);
    bits.set([0x81, 0, 0, 0x80, 3].slice(0, length));
    const filled = [...bits, ...Array(-length & 3).fill(0)];
    expect([...new Uint8Array(wordsOf(bits).slice().buffer)]).toEqual(filled);
    expect(architectureFromBytes(8 * length, bits).live).toBe([0, 2, 2, 2, 3, 5, 13, 21, 29, 37][length]);
  }
});

test('ones of a word, the highest bit included', () => {
  expect([0, 1, -1, 1 << 31, 0x55555555].map(onesOf)).toEqual([0, 1, 32, 1, 16]);
  expect([1, -1, 1 << 31, 0x50].map(lowestOne)).toEqual([0, 0, 31, 4]);
});

test.each([0, 1, 7, 8, 9])('full and empty masks of %i positions', (size) => {
  expect(toFlags(fullArchitecture(size))).toEqual(Array(size).fill(true));
  expect(fullArchitecture(size)).toEqual(architectureFrom(size, () => true));
  expect(emptyArchitecture(size)).toEqual(architectureFrom(size, []));
});

test('bytes that are no mask of that size are refused, and the mask does not share them', () => {
  expect(() => architectureFromBytes(9, new Uint8Array(1))).toThrow(refuses('bad-bits'));
  expect(() => architectureFromBytes(8, new Uint8Array(2))).toThrow(refuses('bad-bits'));
  expect(() => architectureFromBytes(9, Uint8Array.of(0, 2))).toThrow(refuses('bad-bits'));
  const bytes = Uint8Array.of(255, 1);
  const mask = architectureFromBytes(9, bytes);
  bytes[0] = 0;
  expect(mask.live).toBe(9);
  expect(isLive(mask, 0)).toBe(true);
});

test.each([-1, 8, 0.5, Number.NaN])('position %p is refused', (position) => {
  expect(() => architectureFrom(8, [position])).toThrow(refuses('bad-position'));
});

test('set algebra is that of the positions', () => {
  fc.assert(
    fc.property(pairs, ([a, b]) => {
      expect(toFlags(intersect(from(a), from(b)))).toEqual(a.map((flag, i) => flag && b[i]));
      expect(toFlags(union(from(a), from(b)))).toEqual(a.map((flag, i) => flag || b[i]));
      const rest = difference(from(a), from(b));
      expect(toFlags(rest)).toEqual(a.map((flag, i) => flag && !b[i]));
      expect(rest.live).toBe(toFlags(rest).filter(Boolean).length);
      expect(equalArchitectures(from(a), from(b))).toBe(a.every((flag, i) => flag === b[i]));
    }),
  );
});

test('architectures of different sizes do not compare', () => {
  expect(() => union(fullArchitecture(8), fullArchitecture(9))).toThrow(refuses('size-mismatch'));
  expect(equalArchitectures(emptyArchitecture(8), emptyArchitecture(9))).toBe(false);
});

test('Jaccard: known values, and independent masks come out as expected', () => {
  expect(jaccard(architectureFrom(8, [0, 1, 2]), architectureFrom(8, [1, 2, 3]))).toBe(0.5);
  expect(jaccard(emptyArchitecture(8), emptyArchitecture(8))).toBe(1);
  expect(jaccard(emptyArchitecture(8), fullArchitecture(8))).toBe(0);
  expect(expectedJaccard(0.5, 0.5)).toBeCloseTo(1 / 3, 12);
  expect(expectedJaccard(1, 0.25)).toBe(0.25);
  expect(expectedJaccard(0, 0)).toBe(1);
  const random = seededRandom(4);
  const draw = (density: number) => architectureFrom(200_000, () => random() < density);
  expect(jaccard(draw(0.5), draw(0.25))).toBeCloseTo(expectedJaccard(0.5, 0.25), 2);
});

test('pack and unpack are inverse on the mask and touch nothing else', () => {
  fc.assert(
    fc.property(flags, (live) => {
      const mask = from(live);
      const values = Float32Array.from(live, (_, i) => i + 1);
      const packed = pack(values, mask);
      expect([...packed]).toEqual([...values].filter((_, i) => live[i]));
      const target = new Float32Array(live.length).fill(-1);
      unpackInto(target, mask, packed);
      expect([...target]).toEqual(live.map((flag, i) => (flag ? i + 1 : -1)));
      const masked = applyArchitecture(values, mask);
      expect([...masked]).toEqual(live.map((flag, i) => (flag ? i + 1 : 0)));
      expect(values[0]).toBe(live.length ? 1 : undefined);
    }),
  );
});

test('filtering asks for every live position once, ascending, and keeps what is wanted', () => {
  fc.assert(
    fc.property(flags, fc.integer({ min: 1, max: 5 }), (live, divisor) => {
      const asked: number[] = [];
      const kept = filterArchitecture(from(live), (position) => asked.push(position) > 0 && position % divisor === 0);
      expect(asked).toEqual(live.flatMap((flag, position) => (flag ? [position] : [])));
      expect(kept).toEqual(from(live.map((flag, position) => flag && position % divisor === 0)));
    }),
  );
});

test('a pruned value becomes +0 whatever it was: NaN, infinite, −0; live ones stay', () => {
  const values = Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY, -0, -1, Number.NaN, -0);
  expect([...applyArchitecture(values, architectureFrom(6, [4, 5]))]).toEqual([0, 0, 0, 0, Number.NaN, -0]);
});

test('wrong lengths are refused', () => {
  const mask = architectureFrom(4, [1, 2]);
  expect(() => pack(new Float32Array(3), mask)).toThrow(refuses('size-mismatch'));
  expect(() => unpackInto(new Float32Array(4), mask, new Float32Array(3))).toThrow(refuses('size-mismatch'));
  expect(() => unpackInto(new Float32Array(5), mask, new Float32Array(2))).toThrow(refuses('size-mismatch'));
  expect(() => applyArchitecture(new Float32Array(5), mask)).toThrow(refuses('size-mismatch'));
});
