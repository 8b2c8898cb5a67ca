import fc from 'fast-check';
import {
  createLayout,
  gaussian,
  type Initialization,
  mergeDelta,
  type Site,
  slotsBySite,
  symmetric,
  zero,
} from '../index.js';
import { sampleLayout, sampleSites, sampleWeight, seededRandom, testInitialization } from '../testing.js';

const draw = (initialization: Initialization, rank: number, seed = 3, sites: readonly Site[] = sampleSites()) => {
  const layout = createLayout(sites, rank);
  const { values } = initialization.initialize({ layout, random: seededRandom(seed), scale: 2, frozen: sampleWeight });
  return { layout, values };
};
const wide: Site = { name: 'model.layers.0.self_attn.q_proj', layer: 0, in: 400, out: 300, flops: 240_000 };

describe('gaussian, subtracted', () => testInitialization(() => gaussian({ subtract: true })));

test('symmetric: mirrored twins, no entry 0, BA exactly 0 (law 7)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.nat(), (half, seed) => {
      const { layout, values } = draw(symmetric(), 2 * half, seed);
      expect(values.every((value) => value !== 0)).toBe(true);
      for (const { site, A, B } of slotsBySite(layout))
        for (let k = 0; k < A.rows; k += 2) {
          const row = A.offset + k * site.in;
          expect(values.subarray(row, row + site.in)).toEqual(values.subarray(row + site.in, row + 2 * site.in));
          for (let o = 0; o < site.out; o++)
            expect(values[B.offset + o * B.columns + k]).toBe(-values[B.offset + o * B.columns + k + 1]);
        }
      for (const site of layout.sites)
        expect(mergeDelta(layout, values, site, 2).every((entry) => entry === 0)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test.each([symmetric(), gaussian(), zero()])('$name: a smaller rank is a prefix of a larger one', (initialization) => {
  const small = draw(initialization, 4);
  const large = draw(initialization, 10);
  const larger = slotsBySite(large.layout);
  slotsBySite(small.layout).forEach(({ site, A, B }, s) => {
    const into = larger[s];
    expect(small.values.subarray(A.offset, A.offset + A.size)).toEqual(
      large.values.subarray(into.A.offset, into.A.offset + A.size),
    );
    for (let o = 0; o < site.out; o++)
      expect(small.values.subarray(B.offset + o * 4, B.offset + o * 4 + 4)).toEqual(
        large.values.subarray(into.B.offset + o * 10, into.B.offset + o * 10 + 4),
      );
  });
});

test('symmetric: an odd rank is refused with a cure', () => {
  expect(() => draw(symmetric(), 3)).toThrow(
    /pairs ranks, and "model\.layers\.0\.mlp\.down_proj" has rank 3\. Choose rank and expansion so that/,
  );
});

test('different sites and components start differently', () => {
  const { layout, values } = draw(zero(), 3);
  const rows = layout.slots
    .filter(({ factor }) => factor === 'A')
    .flatMap(({ offset, columns }) => [0, 1, 2].map((k) => values[offset + k * columns]));
  expect(new Set(rows).size).toBe(rows.length);
});

test('A and B have the moments that their docs state', () => {
  const moments = (values: Float32Array) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return { mean, deviation: Math.sqrt(square), largest };
  };
  const factors = (initialization: Initialization) => {
    const { layout, values } = draw(initialization, 32, 11, [wide]);
    const [A, B] = layout.slots.map(({ offset, size }) => moments(values.subarray(offset, offset + size)));
    return { A, B };
  };
  const uniform = (found: ReturnType<typeof moments>, bound: number) => {
    expect(Math.abs(found.mean) / bound).toBeLessThan(0.03);
    expect(found.deviation * Math.sqrt(3)).toBeCloseTo(bound, 2);
    expect(found.deviation / bound).toBeCloseTo(Math.sqrt(1 / 3), 1);
    expect(found.largest).toBeLessThanOrEqual(Math.fround(bound));
    expect(found.largest).toBeGreaterThan(0.99 * bound);
  };
  for (const initialization of [zero(), symmetric({ spread: 0.5 })])
    uniform(factors(initialization).A, 1 / Math.sqrt(400));
  uniform(factors(symmetric({ spread: 0.5 })).B, 0.5 / Math.sqrt(300));
  expect(factors(zero()).B.largest).toBe(0);
  for (const { mean, deviation, largest } of Object.values(factors(gaussian({ std: 0.5 })))) {
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(deviation).toBeCloseTo(0.5, 1);
    expect(largest).toBeGreaterThan(1.5);
  }
});

test('gaussian says when it is to be subtracted', () => {
  const start = (subtract: boolean) =>
    gaussian({ subtract }).initialize({
      layout: sampleLayout(2),
      random: seededRandom(1),
      scale: 1,
      frozen: sampleWeight,
    });
  expect(start(true).subtracted).toBe(true);
  expect(start(false).subtracted).toBe(false);
  expect(start(true).values).toEqual(start(false).values);
});
