import fc from 'fast-check';
import {
  all,
  alternate,
  alternateFactory,
  components,
  componentsFactory,
  createLayout,
  equalArchitectures,
  factor,
  factorFactory,
  fullArchitecture,
  intersect,
  type Layout,
  layers,
  layersFactory,
  livePositions,
  none,
  type PositionRule,
  rankArchitecture,
  union,
} from '../index.js';
import { sampleLayout, sampleSites, testPositionRule } from '../testing.js';

describe('layers by number', () => testPositionRule(() => layers({ from: 1, to: 2 })));
describe('components in the middle', () => testPositionRule(() => components({ from: 0.25, to: 0.75 })));

// A [2, 3] at 0–5 and B [2, 2] at 6–9 of layer 0, then A [1, 3] at 10–12 and B [2, 1] at 13–14 of layer 1.
const sites = [0, 1].map((layer) => ({ name: `layers.${layer}.q_proj`, layer, in: 3, out: 2, flops: 12 }));
const small: Layout = createLayout(sites, ({ layer }) => 2 - layer);
const live = (rule: PositionRule, round = 1, layout = small) => [...livePositions(rule.positions(layout, round))];

test('the positions of a layout of ranks 2 and 1, by hand', () => {
  const [A, B] = [
    [0, 1, 2, 3, 4, 5, 10, 11, 12],
    [6, 7, 8, 9, 13, 14],
  ];
  expect(live(all())).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  expect(live(none())).toEqual([]);
  expect(live(factor({ factor: 'A' }))).toEqual(A);
  expect(live(factor({ factor: 'B' }), 4)).toEqual(B);
  expect([1, 2, 3, 10].map((round) => live(alternate(), round))).toEqual([B, A, B, A]);
  expect([1, 2].map((round) => live(alternate({ first: 'A' }), round))).toEqual([A, B]);
  expect(live(layers())).toEqual([10, 11, 12, 13, 14]);
  expect(live(layers({ to: 1 }))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(live(layers({ from: 2 }))).toEqual([]);
  // Of rank 2 the first component; of rank 1 the half rounds up to the whole.
  expect(live(components({ to: 0.5 }))).toEqual([0, 1, 2, 6, 8, 10, 11, 12, 13, 14]);
  expect(live(components({ from: 0.5 }))).toEqual([3, 4, 5, 7, 9]);
});

test('the upper share counts the layers that have adapters, not the layers below them', () => {
  const upper = createLayout(
    sampleSites(10).filter(({ layer }) => layer >= 6),
    1,
  );
  const chosen = (share: number) => {
    const positions = live(layers({ share }), 1, upper);
    const slot = upper.slots.find(({ offset, size }) => positions[0]! < offset + size && offset <= positions[0]!);
    return slot?.site.layer;
  };
  expect([0.25, 0.5, 0.6, 1].map(chosen)).toEqual([9, 8, 8, 6]);
  expect(live(layers({ share: 0.1 }), 1, upper)).toEqual([]);
  expect(live(layers({ share: 1 }), 1, upper)).toHaveLength(upper.size);
});

test('two ranges of components part every layout, and the lower one is a lower rank', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 5, maxLength: 5 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (ranks, cut) => {
        const sampled = sampleSites(1);
        const layout = createLayout(sampled, (site) => ranks[sampled.indexOf(site)]!);
        const lower = components({ to: cut }).positions(layout, 1);
        const upper = components({ from: cut }).positions(layout, 1);
        expect(intersect(lower, upper).live).toBe(0);
        expect(equalArchitectures(union(lower, upper), fullArchitecture(layout.size))).toBe(true);
      },
    ),
  );
  const layout = sampleLayout(6);
  expect(components({ to: 0.5 }).positions(layout, 1)).toEqual(rankArchitecture(layout, 3));
});

test('options that mean nothing are refused', () => {
  const refused = [
    [layersFactory, { share: 0.5, from: 3 }],
    [layersFactory, { share: 0 }],
    [layersFactory, { from: 4, to: 4 }],
    [layersFactory, { to: 0 }],
    [componentsFactory, { from: 0.5, to: 0.5 }],
    [componentsFactory, { to: 1.1 }],
    [factorFactory, {}],
    [factorFactory, { factor: 'C' }],
    [alternateFactory, { first: 'b' }],
  ] as const;
  for (const [{ optionsSchema }, options] of refused) expect(optionsSchema.safeParse(options).success).toBe(false);
  expect(layersFactory.make(layersFactory.optionsSchema.parse({ from: 1 }), {}).positions(small, 1).live).toBe(5);
});
