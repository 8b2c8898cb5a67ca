import fc from 'fast-check';
import {
  applyArchitecture,
  architectureFrom,
  compactLayout,
  compactRanks,
  createLayout,
  embedAdapter,
  emptyArchitecture,
  fullArchitecture,
  isLive,
  livePositions,
  mergeDelta,
  rankArchitecture,
  slotsBySite,
} from './index.js';
import { sampleLayout, sampleSites, seededRandom } from './testing.js';

const refuses = (code: string) => expect.objectContaining({ code: `lora/${code}` });

function randomAdapter(seed: number, density: number, rank = 4) {
  const layout = sampleLayout(rank);
  const random = seededRandom(seed);
  const dropped = new Set<string>();
  for (const { name } of layout.sites) for (let k = 0; k < rank; k++) if (random() < 0.5) dropped.add(`${name}/${k}`);
  const component = new Int32Array(layout.size);
  for (const { A, B } of slotsBySite(layout)) {
    for (let i = 0; i < A.size; i++) component[A.offset + i] = Math.floor(i / A.columns);
    for (let i = 0; i < B.size; i++) component[B.offset + i] = i % B.columns;
  }
  const siteOf = (position: number) =>
    layout.slots.find(({ offset, size }) => position >= offset && position < offset + size)!.site.name;
  const architecture = architectureFrom(
    layout.size,
    (position) => !dropped.has(`${siteOf(position)}/${component[position]}`) && random() < density,
  );
  const values = applyArchitecture(
    Float32Array.from({ length: layout.size }, () => random() - 0.5),
    architecture,
  );
  return { layout, architecture, values };
}

test('mergeDelta is σBA', () => {
  const layout = createLayout([{ name: 'model.layers.0.q_proj', layer: 0, in: 3, out: 2, flops: 12 }], 2);
  // A = [[1, 2, 3], [4, 5, 6]], B = [[7, 8], [9, 10]]
  const values = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  expect([...mergeDelta(layout, values, layout.sites[0], 0.5)]).toEqual([19.5, 27, 34.5, 24.5, 34, 43.5]);
  expect(() => mergeDelta(layout, values, { name: 'x' }, 1)).toThrow(refuses('unknown-site'));
  expect(() => mergeDelta(layout, new Float32Array(3), layout.sites[0], 1)).toThrow(refuses('size-mismatch'));
});

test('compacting changes no product and no live position (law 9)', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(0.02, 0.3, 1), (seed, density) => {
      const { layout, architecture, values } = randomAdapter(seed, density);
      const compact = compactRanks(layout, { values, architecture });
      expect(compact.architecture.live).toBe(architecture.live);
      expect(compact.layout.size).toBeLessThanOrEqual(layout.size);
      for (const site of layout.sites) {
        const whole = mergeDelta(layout, values, site, 2);
        const left = compact.layout.sites.includes(site);
        const small = left ? mergeDelta(compact.layout, compact.values, site, 2) : new Float32Array(whole.length);
        expect(small).toEqual(whole);
      }
    }),
    { numRuns: 30 },
  );
});

test('components are dropped only where row and column are both pruned; a site without any goes', () => {
  const layout = sampleLayout(4, 1);
  const [first, second, third] = slotsBySite(layout);
  const live = [second.A.offset + 2 * second.A.columns, third.B.offset + 3, third.B.offset + 1 + third.B.columns];
  const compact = compactRanks(layout, {
    values: new Float32Array(layout.size).fill(1),
    architecture: architectureFrom(layout.size, live),
  });
  expect(compact.layout.sites).toEqual([second.site, third.site]);
  expect(slotsBySite(compact.layout).map(({ A }) => A.rows)).toEqual([1, 2]);
  expect(first.site).not.toBe(compact.layout.sites[0]);
  const [kept, both] = slotsBySite(compact.layout);
  expect([...livePositions(compact.architecture)]).toEqual([kept.A.offset, both.B.offset + 1, both.B.offset + 2]);
});

test('a full mask compacts to itself, an empty one to nothing, a lower rank to plain LoRA of that rank', () => {
  const layout = sampleLayout(4);
  const values = Float32Array.from({ length: layout.size }, (_, i) => i + 1);
  const full = compactRanks(layout, { values, architecture: fullArchitecture(layout.size) });
  expect(full.layout).toEqual(layout);
  expect(full.values).toEqual(values);
  expect(compactRanks(layout, { values, architecture: emptyArchitecture(layout.size) }).layout.size).toBe(0);
  const architecture = rankArchitecture(layout, 2);
  const lower = compactRanks(layout, { values: applyArchitecture(values, architecture), architecture });
  expect(lower.layout).toEqual(createLayout(layout.sites, 2));
  expect(lower.architecture).toEqual(fullArchitecture(lower.layout.size));
  expect(() => compactRanks(layout, { values: new Float32Array(1), architecture })).toThrow(refuses('size-mismatch'));
});

test('a vector and its compact form are each other inside of the live components, which keep all live positions', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(0.02, 0.3, 1), (seed, density) => {
      const { layout, architecture, values } = randomAdapter(seed, density);
      const { layout: smaller, compact, expand, architecture: keep } = compactLayout(layout, architecture);
      expect(expand(compact(values))).toEqual(values);
      const small = Float32Array.from({ length: smaller.size }, (_, p) => p + 1);
      expect(compact(expand(small))).toEqual(small);
      expect(keep(architecture).live).toBe(architecture.live);
      expect(applyArchitecture(compact(values), keep(architecture))).toEqual(compact(values));
    }),
    { numRuns: 30 },
  );
  const layout = sampleLayout(4);
  const half = compactLayout(layout, rankArchitecture(layout, 2));
  for (const { compact, layout: own } of [half, compactLayout(layout, fullArchitecture(layout.size))]) {
    const whole = new Float32Array(layout.size);
    expect(compact(whole)).not.toBe(whole);
    expect(compact(whole).length).toBe(own.size);
  }
  expect(() => half.compact(new Float32Array(3))).toThrow(refuses('size-mismatch'));
  expect(() => half.expand(new Float32Array(layout.size))).toThrow(refuses('size-mismatch'));
  expect(() => compactLayout(layout, fullArchitecture(3))).toThrow(refuses('size-mismatch'));
});

test('embedding a smaller adapter keeps its products and its live count', () => {
  const { layout, architecture, values } = randomAdapter(7, 0.5, 2);
  const large = createLayout(sampleSites(3), 6);
  const embedded = embedAdapter({ layout, architecture, values }, large);
  expect(embedded.architecture.live).toBe(architecture.live);
  for (const site of layout.sites)
    expect(mergeDelta(large, embedded.values, site, 2)).toEqual(mergeDelta(layout, values, site, 2));
  embedded.values.forEach((value, position) => {
    if (value !== 0) expect(isLive(embedded.architecture, position)).toBe(true);
  });
});

test('what does not fit is named', () => {
  const { layout, architecture, values } = randomAdapter(7, 0.5, 4);
  const small = { layout, architecture, values };
  expect(() => embedAdapter(small, sampleLayout(2))).toThrow(refuses('shape-mismatch'));
  expect(() => embedAdapter(small, sampleLayout(4, 1))).toThrow(/lacks "model\.layers\.1/);
  const wider = createLayout(
    sampleSites().map((site) => ({ ...site, in: site.in + 1 })),
    4,
  );
  expect(() => embedAdapter(small, wider)).toThrow(refuses('shape-mismatch'));
});
