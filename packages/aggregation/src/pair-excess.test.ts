import { architectureFrom, fullArchitecture } from '@perfit/lora';
import fc from 'fast-check';
import { agreement } from './agreement.js';
import { pairExcess } from './pair-excess.js';

const measures = (values: readonly number[], noise: number) => values.map((value) => ({ value, noise }));

describe('pairExcess', () => {
  test('by hand, without noise: the mean is 0 and what lacks nothing is 1', () => {
    // Mean ¼; (1 − ¼) / ¾, (0 − ¼) / ¾. Half of them are 0, so that the narrower half has no spread.
    expect(pairExcess(measures([1, 0, 0, 0], 0))).toEqual([1, -1 / 3, -1 / 3, -1 / 3]);
  });

  test('by hand, with noise: the sample variance ¼ less 1/16 is τ², so that ¾ is left', () => {
    expect(pairExcess(measures([1, 0, 0, 0], 1 / 16))).toEqual([0.75, -0.25, -0.25, -0.25]);
    expect(pairExcess([...measures([1, 0, 0, 0], 1 / 16), undefined])).toEqual([0.75, -0.25, -0.25, -0.25, 0]);
  });

  test('by hand: of what the narrower half has anyway, as much is taken', () => {
    // Median 0.1; below it {0}: 0.01; above it {0.9}: 0.64. Mean 1/3, variance 73/300, so τ² = 70/300 and λ = 70/73.
    const found = pairExcess(measures([0.9, 0.1, 0], 0))!;
    [0.85, -0.35, -0.5].forEach((value, i) => {
      expect(found[i]).toBeCloseTo((70 / 73) * value, 12);
    });
  });

  test('nothing of pairs that differ as much to both sides, however much; much of them where a few stand out, or stay behind', () => {
    const even = [-3, -2, -1, 0, 1, 2, 3].map((step) => 0.5 + step / 10);
    expect(pairExcess(measures(even, 1e-9))).toBeUndefined();
    const few = [0.01, 0, -0.01, 0.005, -0.005, 0, 0.6];
    expect(pairExcess(measures(few, 1e-9))![6]).toBeGreaterThan(0.55);
    const odd = few.map((value) => 0.6 - value);
    expect(pairExcess(measures(odd, 1e-9))![6]).toBeLessThan(-0.55);
  });

  test('nothing where pairs differ no more than chance lets them, or nothing can be told', () => {
    expect(pairExcess(measures([1, 0, 0, 0], 0.25))).toBeUndefined();
    expect(pairExcess(measures([1, 0.5, 0], 0))).toBeUndefined();
    expect(pairExcess(measures([0.3, 0.3, 0.3], 0))).toBeUndefined();
    expect(pairExcess(measures([1, 1, 1], 0))).toBeUndefined();
    expect(pairExcess([])).toBeUndefined();
    expect(pairExcess([...measures([0.7], 0), undefined])).toBeUndefined();
  });

  test('what all pairs have in common does not matter, and none is above 1', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 9 }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        (values, common) => {
          const plain = pairExcess(measures(values, 0));
          // x → common + (1 − common) x.
          const shifted = pairExcess(
            measures(
              values.map((value) => common + (1 - common) * value),
              0,
            ),
          );
          for (const [i, value] of (plain ?? []).entries()) {
            expect(value).toBeLessThanOrEqual(1 + 1e-12);
            if (shifted) expect(shifted[i]).toBeCloseTo(value, 4);
          }
        },
      ),
    );
  });
});

describe('agreement', () => {
  const size = 64;
  const full = fullArchitecture(size);
  const upload = (client: string, values: (p: number) => number, architecture = full) => ({
    architecture,
    change: { client, mask: full, values: Float32Array.from({ length: size }, (_, p) => values(p)) },
  });

  test('by hand: two equal changes and one at a right angle, whatever their lengths', () => {
    const sign = (p: number) => (p % 2 === 0 ? 1 : -1);
    const found = agreement([upload('a', () => 3), upload('b', () => 1), upload('c', sign)], 0.5);
    // Cosines 1, 0, 0: mean 1/3, variance 1/3; chance gives each 1/64. λ = (61/192) / (64/192). The masks are all alike.
    const [near, far] = [61 / 64, -61 / 128];
    expect(found!.length).toBe(9);
    [0, near, far, near, 0, far, far, far, 0].forEach((value, i) => {
      expect(found![i]).toBeCloseTo(value, 12);
    });
  });

  test('by hand: masks of half density that agree in 32, 16 and 16 of 32 positions', () => {
    const [low, even] = [(p: number) => p < 32, (p: number) => p % 2 === 0];
    const masks = [low, low, even].map((live) => architectureFrom(size, live));
    const found = agreement(
      masks.map((mask, i) => upload(`c${i}`, () => 0, mask)),
      0.5,
    );
    // J = 1, 16/48, 16/48 and J₀ = 1/3: κ = 1, 0, 0; its noise is 0 at 1 and (1/3 · 2/3 / 48) / (2/3)² = 1/96 at 0.
    // τ² = 1/3 − 2/3 · 1/96 = 47/144; λ = 1 at 1, and (47/144) / (47/144 + 1/96) at 0.
    const lambda = 47 / 144 / (47 / 144 + 1 / 96);
    [0, 1, -lambda / 2, 1, 0, -lambda / 2, -lambda / 2, -lambda / 2, 0].forEach((value, i) => {
      expect(found![i]).toBeCloseTo(value, 12);
    });
  });

  test('both count by their shares where both tell something', () => {
    const sign = (p: number) => (p % 2 === 0 ? 1 : -1);
    const masks = [(p: number) => p < 32, (p: number) => p % 2 === 0].map((live) => architectureFrom(size, live));
    // Changes: a and b alike; masks: b and c alike.
    const uploads = [upload('a', () => 1, masks[0]), upload('b', () => 1, masks[1]), upload('c', sign, masks[1])];
    const [changes, overlaps, mixed] = [0, 1, 0.25].map((share) => agreement(uploads, share)!);
    for (const [i, value] of mixed.entries()) expect(value).toBeCloseTo(0.75 * changes[i] + 0.25 * overlaps[i], 12);
    expect(changes[1]).toBeGreaterThan(0.9);
    expect(overlaps[5]).toBeGreaterThan(0.9);
  });

  test('a pair of clients, none, and changes that are 0 tell nothing', () => {
    expect(agreement([upload('a', () => 1), upload('b', () => 2)], 0.5)).toBeUndefined();
    expect(agreement([], 0.5)).toBeUndefined();
    const still = ['a', 'b', 'c'].map((client) => upload(client, () => 0));
    expect([...agreement(still, 0.5)!]).toEqual(new Array(9).fill(0));
  });
});
