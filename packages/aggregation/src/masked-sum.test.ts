import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, architectureFrom, fullArchitecture } from '@perfit/lora';
import fc from 'fast-check';
import { plainMaskedCount, simdMaskedCount } from './masked-count.js';
import { addScaled, addWeighted, maskedSum, plainMaskedSum, simdMaskedSum } from './masked-sum.js';
import { sourcesDigest } from './masked-sum-binary.js';
import { allFinite, countOnes } from './scratch.js';
import { seededRandom } from './testing.js';

interface Sent {
  readonly mask: Architecture;
  readonly values: Float32Array;
  readonly n: number;
}

/** Masks of any density, nothing and everything among them, in every second of which the bits lie unaligned. */
function drawn(size: number, clients: number, seed: number): Sent[] {
  const random = seededRandom(seed);
  return Array.from({ length: clients }, (_, i) => {
    const density = Math.round(random() * 4) / 4;
    const mask = architectureFrom(size, () => random() < density);
    const shifted = new Uint8Array(mask.bits.length + 1).subarray(i % 2);
    shifted.set(mask.bits);
    return {
      mask: { ...mask, bits: shifted.subarray(0, mask.bits.length) },
      values: Float32Array.from({ length: mask.live }, () => (random() - 0.5) * 10 ** Math.floor(random() * 9 - 4)),
      n: Math.ceil(random() * 1000),
    };
  });
}

/** By position: what holds it, in the order of the updates. */
function byHand(size: number, sent: readonly Sent[]) {
  const [sums, weights] = [new Float64Array(size), new Float64Array(size)];
  for (const { mask, values, n } of sent) {
    let next = 0;
    for (let p = 0; p < size; p++)
      if (mask.bits[p >> 3] & (1 << (p & 7))) {
        sums[p] += n * values[next++];
        weights[p] += n;
      }
  }
  return { sums, weights };
}

const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Buffer.from(Float64Array.from(a).buffer).equals(Buffer.from(Float64Array.from(b).buffer));

const sizes = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 2000, max: 9000 }));
const cases = fc.tuple(sizes, fc.integer({ min: 0, max: 12 }), fc.integer());

describe('sums under masks', () => {
  test.each([
    ['plain', plainMaskedSum],
    ['in SIMD', simdMaskedSum],
  ])('%s: those by hand, bit for bit, read at any time', (_, make) => {
    fc.assert(
      fc.property(cases, fc.nat(12), ([size, clients, seed], readAt) => {
        const sum = make(size)!;
        const sent = drawn(size, clients, seed);
        for (const [i, { mask, values, n }] of sent.entries()) {
          if (i === readAt) expect(same(sum.read(), byHand(size, sent.slice(0, i)).sums)).toBe(true);
          expect(sum.stage(values)).toBe(true);
          sum.add(mask, n);
        }
        expect(same(sum.read(), byHand(size, sent).sums)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test('in SIMD, many full masks, which fill the memory before eight wait', () => {
    const [size, mask] = [1000, fullArchitecture(1000)];
    const sum = simdMaskedSum(size)!;
    for (let i = 0; i < 7; i++) {
      sum.stage(Float32Array.from({ length: size }, (_, p) => p));
      sum.add(mask, i);
    }
    expect([...sum.read()]).toEqual(Array.from({ length: size }, (_, p) => 21 * p));
  });

  test('an update that is staged and not added leaves nothing behind', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.constantFrom(Number.NaN, 1 / 0, -1 / 0), (at, broken) => {
        const [mask, values] = [fullArchitecture(100), new Float32Array(100).fill(2)];
        const [sum, bad] = [simdMaskedSum(100)!, values.slice()];
        bad[at] = broken;
        expect(sum.stage(bad)).toBe(false);
        expect(sum.stage(values.subarray(0, 3))).toBe(true);
        sum.add(architectureFrom(100, [0, 1, 99]), 1);
        expect(sum.stage(bad)).toBe(false);
        expect(sum.stage(values)).toBe(true);
        sum.add(mask, 1);
        expect(sum.read().reduce((a, b) => a + b)).toBe(206);
      }),
    );
  });

  test('finite means finite, the largest and the smallest values included', () => {
    const values = Float32Array.of(3.4028234663852886e38, -3.4028234663852886e38, 1e-45, -0, 0);
    expect([simdMaskedSum(5)!.stage(values), plainMaskedSum(5).stage(values)]).toEqual([true, true]);
  });

  test('small sums need no memory of their own, large ones are the same', () => {
    const [size, sent] = [20_000, drawn(20_000, 3, 7)];
    const sum = maskedSum(size);
    for (const { mask, values, n } of sent) {
      sum.stage(values);
      sum.add(mask, n);
    }
    expect(same(sum.read(), byHand(size, sent).sums)).toBe(true);
    expect(maskedSum(8).read().buffer.byteLength).toBe(64);
  });

  test('addScaled and addWeighted: those by hand', () => {
    fc.assert(
      fc.property(cases, ([size, clients, seed]) => {
        const sent = drawn(size, clients, seed);
        const [scaled, weighted, weights] = [0, 0, 0].map(() => new Float64Array(size));
        for (const { mask, values, n } of sent) {
          addScaled(scaled, mask, values, n);
          addWeighted(weighted, weights, mask, values, n);
        }
        const expected = byHand(size, sent);
        expect(same(scaled, expected.sums) && same(weighted, expected.sums)).toBe(true);
        expect(same(weights, expected.weights)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });
});

describe('counts of masks', () => {
  test.each([
    ['plain', plainMaskedCount],
    ['in SIMD', simdMaskedCount],
  ])('%s: those by hand, past 16 bits, of fractions and of large numbers', (_, make) => {
    const weights = fc.array(fc.constantFrom(0, 1, 7, 1000, 40_000, 65_535, 65_536, 0.5, 1e12), { maxLength: 20 });
    fc.assert(
      fc.property(sizes, weights, fc.integer(), fc.nat(20), (size, ns, seed, readAt) => {
        const sent = drawn(size, ns.length, seed).map((update, i) => ({ ...update, n: ns[i] }));
        const count = make(size)!;
        for (const [i, { mask, n }] of sent.entries()) {
          if (i === readAt) expect(same(count.read(), byHand(size, sent.slice(0, i)).weights)).toBe(true);
          count.add(mask, n);
        }
        expect(same(count.read(), byHand(size, sent).weights)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

describe('looking at arrays of any length', () => {
  test.each([0, 1, 3, 16_383, 16_384, 16_385, 40_000])('%i values are finite until one is not', (length) => {
    const values = new Float32Array(length).fill(-3e38);
    expect(allFinite(values)).toBe(true);
    for (const at of [0, 1, length - 2, length - 1, length >> 1].filter((place) => place >= 0 && place < length)) {
      const broken = values.slice();
      broken[at] = Number.NaN;
      expect(allFinite(broken)).toBe(false);
      expect(allFinite(values)).toBe(true);
    }
  });

  test.each([0, 1, 7, 8, 9, 65_535, 65_536, 65_544, 200_001])('ones of masks of %i bytes', (length) => {
    const held = Uint8Array.from({ length }, (_, i) => [0xff, 0x81, 0][i % 3]);
    const sent = Uint8Array.from({ length }, (_, i) => [0x0f, 0x80, 0][i % 3]);
    const of = (a: number, b: number) =>
      Array.from({ length }, (_, i) => [a, b, 0][i % 3]).reduce((sum, ones) => sum + ones, 0);
    expect(countOnes(sent, held)).toEqual({ ones: of(4, 1), others: of(8, 2), inside: true });
    if (length === 0) return;
    sent[length - 1] |= ~held[length - 1] & 0x7f;
    expect(countOnes(sent, held).inside).toBe(held[length - 1] === 0xff);
  });
});

test('the compiled kernel is that of its sources', () => {
  const sources = readFileSync(join(__dirname, '../kernel/masked-sum.ts'));
  expect(createHash('sha256').update(sources).digest('hex')).toBe(sourcesDigest);
});
