import fc from 'fast-check';
import {
  type Architecture,
  applyArchitecture,
  architectureFrom,
  type CompactAdapter,
  capRanks,
  compactRanks,
  composeResidual,
  createLayout,
  fullArchitecture,
  isLive,
  type Layout,
  type LowRankFactor,
  livePositions,
  lowRankFactors,
  mergeDelta,
  rankArchitecture,
  slotsBySite,
} from './index.js';
import { sampleLayout, sampleSites, seededRandom } from './testing.js';

const refuses = (code: string) => expect.objectContaining({ code: `lora/${code}` });
const site = { name: 'model.layers.3.q_proj', layer: 3, in: 3, out: 2, flops: 12 };

function randomAdapter(seed: number, rank: number, scale: number): CompactAdapter & { readonly scale: number } {
  const random = seededRandom(seed);
  const layout = sampleLayout(rank);
  const architecture = architectureFrom(layout.size, () => random() < 0.6);
  const values = applyArchitecture(
    Float32Array.from({ length: layout.size }, () => random() - 0.5),
    architecture,
  );
  return { layout, values, architecture, scale };
}

/** Σ BA of a site's factors, in float64. */
function productOf(residual: readonly LowRankFactor[], name: string, columns: number, out: number): Float64Array {
  const sum = new Float64Array(columns * out);
  for (const { site: own, rank, A, B } of residual)
    if (own === name)
      for (let o = 0; o < out; o++)
        for (let i = 0; i < columns; i++)
          for (let k = 0; k < rank; k++) sum[o * columns + i]! += B[o * rank + k]! * A[k * columns + i]!;
  return sum;
}

/** The largest |got − want|. */
function apart(got: Float32Array, want: (i: number) => number): number {
  return got.reduce((most, value, i) => Math.max(most, Math.abs(value - want(i))), 0);
}

test('[A; Aᵣ] and [B, Bᵣ/σ], by hand', () => {
  const layout = createLayout([site], 1);
  // A = [1, 2, 3], B = [4, 5]ᵀ, of which A's second entry is pruned.
  const adapter = {
    layout,
    values: Float32Array.of(1, 0, 3, 4, 5),
    architecture: architectureFrom(5, [0, 2, 3, 4]),
    scale: 2,
  };
  const residual = { site: site.name, rank: 2, A: Float32Array.of(1, 0, 1, 0, 2, 0), B: Float32Array.of(6, 8, 10, 12) };
  const composed = composeResidual(adapter, [residual]);
  expect(composed.layout).toEqual(createLayout([site], 3));
  expect([...composed.values]).toEqual([1, 0, 3, 1, 0, 1, 0, 2, 0, 4, 3, 4, 5, 5, 6]);
  expect([...livePositions(composed.architecture)]).toEqual([0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  // σBA = [[8, 0, 24], [10, 0, 30]] and BᵣAᵣ = [[6, 16, 6], [10, 24, 10]]
  expect([...mergeDelta(composed.layout, composed.values, site, 2)]).toEqual([14, 16, 30, 20, 24, 40]);
});

test('a subtracted start becomes [A; A₀] and [B, −B₀]: at the start nothing is left', () => {
  const start = randomAdapter(1, 3, 0.5);
  const composed = composeResidual(start, lowRankFactors(start.layout, start.values, -start.scale));
  expect(composed.layout).toEqual(sampleLayout(6));
  const components = (layout: Layout, values: Float32Array) =>
    slotsBySite(layout).map(({ A, B }) => ({
      A: [...values.subarray(A.offset, A.offset + A.size)],
      B: [...values.subarray(B.offset, B.offset + B.size)],
    }));
  components(start.layout, start.values).forEach(({ A, B }, s) => {
    const both = components(composed.layout, composed.values)[s]!;
    expect(both.A).toEqual([...A, ...A]);
    expect(both.B.filter((_, i) => i % 6 < 3)).toEqual(B);
    expect(both.B.filter((_, i) => i % 6 >= 3)).toEqual(B.map((value) => -value));
  });
});

test('products add up to f32 rounding; the adapter’s positions keep their liveness', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(0.3, 2, -1.5),
      fc.array(fc.nat(8), { maxLength: 4 }),
      (seed, scale, which) => {
        const adapter = randomAdapter(seed, 2, scale);
        const random = seededRandom(seed + 1);
        const draws = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
        const residual = which.map((s) => {
          const { name, in: columns, out } = adapter.layout.sites[s]!;
          const rank = 1 + Math.floor(3 * random());
          return { site: name, rank, A: draws(rank * columns), B: draws(out * rank) };
        });
        const composed = composeResidual(adapter, residual);
        const capped = capRanks(composed);
        for (const { name, in: columns, out } of adapter.layout.sites) {
          const own = mergeDelta(adapter.layout, adapter.values, { name }, scale);
          const more = productOf(residual, name, columns, out);
          for (const { layout, values } of [composed, capped])
            expect(apart(mergeDelta(layout, values, { name }, scale), (i) => own[i]! + more[i]!)).toBeLessThan(3e-6);
        }
        const added = residual.reduce((sum, { A, B }) => sum + A.length + B.length, 0);
        expect(composed.architecture.live).toBe(adapter.architecture.live + added);
        expect(applyArchitecture(composed.values, composed.architecture)).toEqual(composed.values);
        if (residual.length === 0) expect(composed).toEqual({ layout: adapter.layout, ...stateOf(adapter) });
      },
    ),
    { numRuns: 25 },
  );
});

function stateOf({ values, architecture }: CompactAdapter): { values: Float32Array; architecture: Architecture } {
  return { values, architecture };
}

test('a residual of sites that the adapter lacks brings them along', () => {
  const whole = randomAdapter(5, 2, 1);
  const none = compactRanks(whole.layout, {
    values: new Float32Array(whole.layout.size),
    architecture: rankArchitecture(whole.layout, 0),
  });
  expect(none.layout.size).toBe(0);
  const composed = composeResidual({ ...none, scale: 4 }, lowRankFactors(whole.layout, whole.values, 1));
  expect(composed.layout).toEqual(whole.layout);
  expect(composed.architecture).toEqual(fullArchitecture(whole.layout.size));
  for (const { name } of whole.layout.sites)
    expect(mergeDelta(composed.layout, composed.values, { name }, 4)).toEqual(
      mergeDelta(whole.layout, whole.values, { name }, 1),
    );
});

test('what does not fit is named', () => {
  const adapter = randomAdapter(1, 2, 1);
  const [factor] = lowRankFactors(adapter.layout, adapter.values, 1) as [LowRankFactor];
  expect(() => composeResidual(adapter, [{ ...factor, rank: 3 }])).toThrow(
    /a residual of rank 3 of "model\.layers\.0\.mlp\.down_proj" has 20 and 12 entries, the adapter has in=10, out=6/,
  );
  expect(() => composeResidual(adapter, [{ ...factor, site: 'elsewhere', rank: 3 }])).toThrow(
    refuses('shape-mismatch'),
  );
  expect(() => composeResidual({ ...adapter, scale: 0 }, [])).toThrow(refuses('bad-scale'));
  expect(() => composeResidual({ ...adapter, scale: Number.NaN }, [])).toThrow(refuses('bad-scale'));
});

test('ranks are capped at min(in, out), where they exceed it: I and BA, or BA and I', () => {
  const sites = [
    site,
    { ...site, name: 'model.layers.3.k_proj', in: 2, out: 3 },
    { ...site, name: 'model.layers.3.v_proj' },
  ];
  const layout = createLayout(sites, ({ name }) => (name.includes('v_proj') ? 2 : 4));
  const random = seededRandom(3);
  const values = Float32Array.from({ length: layout.size }, () => random() - 0.5);
  const architecture = architectureFrom(layout.size, (p) => p !== layout.size - 1);
  values[layout.size - 1] = 0;
  const capped = capRanks({ layout, values, architecture });
  expect(capped.layout).toEqual(createLayout(sites, 2));
  expect(capped.architecture.live).toBe(capped.layout.size - 1);
  expect(isLive(capped.architecture, capped.layout.size - 1)).toBe(false);
  const [kA, kB, qA, qB] = capped.layout.slots.map(({ offset, size }) => capped.values.slice(offset, offset + size));
  expect([...kA!]).toEqual([1, 0, 0, 1]);
  expect(kB).toEqual(mergeDelta(layout, values, sites[1]!, 1));
  expect(qA).toEqual(mergeDelta(layout, values, sites[0]!, 1));
  expect([...qB!]).toEqual([1, 0, 0, 1]);
  expect(mergeDelta(capped.layout, capped.values, sites[2]!, 1)).toEqual(mergeDelta(layout, values, sites[2]!, 1));
});

test('an adapter within bounds is capped to itself', () => {
  const layout = createLayout(sampleSites(1), 3);
  const architecture = architectureFrom(layout.size, (p) => p % 4 !== 1);
  const values = applyArchitecture(new Float32Array(layout.size).fill(1), architecture);
  expect(capRanks({ layout, values, architecture })).toEqual({ layout, values, architecture });
});
