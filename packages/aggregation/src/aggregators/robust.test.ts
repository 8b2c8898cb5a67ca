import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { architectureFrom, createLayout, fullArchitecture, isLive } from '@perfit/lora';
import fc from 'fast-check';
import type { Aggregator, Update } from '../contract.js';
import type { RobustOptions } from '../robust.js';
import {
  nextRound,
  type Server,
  sampleLayout,
  sampleUpdates,
  startServer,
  testAggregator,
  testExclusiveLaws,
} from '../testing.js';
import { centredClipping, centredClippingFactory } from './centred-clipping.js';
import { krum, krumFactory } from './krum.js';
import { median, medianFactory } from './median.js';
import { multiKrum, multiKrumFactory } from './multi-krum.js';
import { sharedExclusive } from './shared-exclusive.js';
import { trimmedMean, trimmedMeanFactory } from './trimmed-mean.js';

const makers: Record<string, (options?: RobustOptions) => Aggregator> = {
  median,
  'trimmed-mean': trimmedMean,
  krum,
  'multi-krum': multiKrum,
  'centred-clipping': centredClipping,
};
const layout = sampleLayout();
const full = fullArchitecture(layout.size);
const startedAt = (rule: Aggregator, theta: Float32Array): Server => ({
  state: rule.initialize(layout, theta),
  registry: new Map(),
});
const zeros = new Float32Array(layout.size);

/** An update of these positions' values, and none else. */
const of = (client: string, entries: Readonly<Record<number, number>>): Update => {
  const mask = architectureFrom(layout.size, Object.keys(entries).map(Number));
  const values = Float32Array.from(Object.values(entries));
  return { client, mask, architecture: mask, values, examples: 1, metrics: {} };
};
/** g after one round from 0 in which client `c0`, `c1` … send these entries. */
const after = (rule: Aggregator, sent: readonly Readonly<Record<number, number>>[], theta = zeros) => {
  const updates = sent.map((entries, i) => of(`c${i}`, entries));
  return nextRound(rule, layout, startedAt(rule, theta), updates).state;
};
const column = (rule: Aggregator, values: readonly number[]) =>
  after(
    rule,
    values.map((value) => ({ 3: value })),
  ).g[3];

describe.each(Object.entries(makers))('%s', (name, make) => {
  const minimumClients = name.endsWith('krum') ? 5 : 1;
  const traits = { weighted: false, minimumClients };
  describe('everything shared', () => testAggregator(() => make(), traits));
  describe('shared by the registry', () => testAggregator(() => make({ minHolders: 2 }), traits));
  testExclusiveLaws((options) => make(options), traits);

  test('examples buy nothing', () => {
    const updates = sampleUpdates(layout, 6, 0.7, 1);
    const bought = updates.map((update, i) => (i === 2 ? { ...update, examples: 1e9 } : update));
    const [a, b] = [updates, bought].map((list) => nextRound(make(), layout, startServer(make(), layout), list));
    expect(a.state).toEqual(b.state);
  });

  test('the order of the updates changes no bit', () => {
    const updates = sampleUpdates(layout, 6, 0.7, 2);
    const [a, b] = [updates, [...updates].reverse()].map((list) =>
      nextRound(make(), layout, startServer(make(), layout), list),
    );
    expect(a.state).toEqual(b.state);
  });

  test('clients that agree are taken at their word; what nobody sends stays θ₀', () => {
    const theta = Float32Array.from({ length: layout.size }, (_, p) => p / 100);
    const state = after(make(), Array(6).fill({ 3: 0.5, 5: -0.25 }), theta);
    const expected = theta.slice();
    expected.set([0.5], 3);
    expected.set([-0.25], 5);
    expect(make().globalModule(state)).toEqual(expected);
    expect(make().download(state, { client: 'new', architecture: full }).values).toEqual(expected);
  });

  test('follows NumPy under masks', () => {
    const golden = JSON.parse(readFileSync(join(__dirname, 'robust.golden.json'), 'utf8'));
    const small = createLayout([{ name: 'q_proj', layer: 0, in: 2, out: 1, flops: 4 }], 2);
    const { byzantine, select, trim, radius, iterations } = golden.options;
    const rule = {
      median: () => median(),
      'trimmed-mean': () => trimmedMean({ trim }),
      krum: () => krum({ byzantine }),
      'multi-krum': () => multiKrum({ byzantine, select }),
      'centred-clipping': () => centredClipping({ radius, iterations }),
    }[name]!();
    const updates = golden.values.map((values: number[], i: number): Update => {
      const mask = architectureFrom(small.size, (p) => golden.sent[i][p] === 1);
      const sent = Float32Array.from(values.filter((_, p) => isLive(mask, p)));
      return { client: `c${i}`, mask, architecture: mask, values: sent, examples: 1 + i, metrics: {} };
    });
    const server: Server = { state: rule.initialize(small, Float32Array.from(golden.point)), registry: new Map() };
    const g = rule.globalModule(nextRound(rule, small, server, updates).state);
    expect(golden[name].length).toBe(small.size);
    for (const [p, value] of g.entries()) expect(Math.abs(value - golden[name][p])).toBeLessThanOrEqual(1e-6);
  });

  test.each([0, 1.5, Number.NaN])('refuses minHolders %p', (minHolders) => {
    expect(() => make({ minHolders })).toThrow(expect.objectContaining({ code: 'aggregation/bad-option' }));
  });
});

describe('by hand', () => {
  test('median: of an odd number the middle, of an even one the mean of the middle two', () => {
    expect(column(median(), [1, 9, 2, 8, 3])).toBe(3);
    expect(column(median(), [9, 1, 8, 2])).toBe(5);
    expect(column(median(), [4, 6])).toBe(5);
    expect(column(median(), [7])).toBe(7);
  });

  test('trimmed-mean: by count, by share, at least one, never all', () => {
    expect(column(trimmedMean({ trim: 1 }), [100, 1, 2, 3])).toBe(2.5);
    expect(column(trimmedMean({ trim: 0.25 }), [-50, 1, 2, 3, 6, 90, 80, -60])).toBe(3);
    expect(column(trimmedMean(), [0, 1, 2, 6, 1e6])).toBe(3);
    expect(column(trimmedMean({ trim: 3 }), [0, 1, 5, 6, 1e6])).toBe(5);
    expect(column(trimmedMean({ trim: 3 }), [2, 4])).toBe(3);
    expect(column(trimmedMean({ trim: 0 }), [0, 1, 2, 5])).toBe(2);
    expect(
      column(
        trimmedMean({ trim: 0.29 }),
        Array.from({ length: 100 }, (_, i) => (i < 29 ? -1e6 : 1)),
      ),
    ).toBe(1);
  });

  // Two nearest: 0 scores 1 + 6.25, 1 scores 1 + 2.25, 2.5 scores 2.25 + 6.25, the other two 57.25 and 73.25.
  test('krum and multi-krum: five on a line', () => {
    const line = [2.5, 10, 0, 11, 1];
    expect(column(krum({ byzantine: 1 }), line)).toBe(1);
    expect(column(multiKrum({ byzantine: 1, select: 1 }), line)).toBe(1);
    expect(column(multiKrum({ byzantine: 1 }), line)).toBe(0.5);
    expect(column(multiKrum({ byzantine: 1, select: 3 }), line)).toBeCloseTo(1.1666667, 6);
  });

  // As points (p, q) around g = (0, 5): c0 (0, 5), c1 (0, 5), c2 (0, 9), c3 (3, 5), c4 (4, 1): c0 and c1 tie at 9.
  test('krum: an unsent position counts as g, ties go by name, and what the chosen one did not send stays', () => {
    const theta = zeros.slice();
    theta[6] = 5;
    const state = after(krum(), [{ 3: 0 }, { 3: 0, 6: 5 }, { 3: 0, 6: 9 }, { 3: 3 }, { 3: 4, 6: 1 }], theta);
    expect([state.g[3], state.g[6], state.aggregated[3], state.aggregated[6]]).toEqual([0, 5, 1, 0]);
  });

  // Radius 5: (3, 4) stays, (6, 8) is halved, (0, 0) stays. From (2, 8/3) on only (6, 8) is cut, to (3, 4) beyond it.
  test('centred-clipping: one iteration and two', () => {
    const sent = [
      { 3: 3, 5: 4 },
      { 3: 6, 5: 8 },
      { 3: 0, 5: 0 },
    ];
    const once = after(centredClipping({ radius: 5 }), sent).g;
    expect(once[3]).toBe(2);
    expect(once[5]).toBeCloseTo(2.6666667, 6);
    const twice = after(centredClipping({ radius: 5, iterations: 2 }), sent).g;
    expect(twice[3]).toBeCloseTo(2.6666667, 6);
    expect(twice[5]).toBeCloseTo(3.5555556, 6);
  });

  test('a statistic is over the holders of this round alone', () => {
    const state = after(median(), [{ 3: 1 }, { 3: 2, 5: 7 }, { 3: 9, 5: 8 }]);
    expect([state.g[3], state.g[5]]).toEqual([2, 7.5]);
  });

  test('median {minHolders: 2}: shared with the registry, exclusive without', () => {
    const rule = median({ minHolders: 2 });
    const updates = [of('a', { 3: 1, 5: 2 }), of('b', { 3: 5 })];
    const { state } = nextRound(rule, layout, startServer(rule, layout), updates);
    expect([rule.globalModule(state)[3], rule.globalModule(state)[5]]).toEqual([3, 0]);
    expect([...rule.download(state, { client: 'a', architecture: full }).values]).toEqual([3]);
  });
});

test('krum says how many clients it needs', () => {
  const four = Array(4).fill({ 3: 1 });
  expect(() => after(krum({ byzantine: 1 }), four)).toThrow(
    '[perfit/aggregation] krum needs at least 2f+3 clients: got n=4, f=1. Lower f or sample more clients.',
  );
  expect(() => after(multiKrum(), four)).toThrow('multi-krum needs at least 2f+3 clients: got n=4, f=1');
  expect(() => after(multiKrum({ select: 5 }), Array(5).fill({ 3: 1 }))).toThrow(
    expect.objectContaining({ code: 'aggregation/too-few-clients' }),
  );
  expect(column(krum({ byzantine: 0 }), [1, 2, 5])).toBe(1);
});

test.each([
  () => trimmedMean({ trim: 0.5 }),
  () => trimmedMean({ trim: 1.5 }),
  () => trimmedMean({ trim: -1 }),
  () => krum({ byzantine: -1 }),
  () => krum({ byzantine: 0.5 }),
  () => multiKrum({ select: 0 }),
  () => centredClipping({ radius: 0 }),
  () => centredClipping({ radius: Number.NaN }),
  () => centredClipping({ iterations: 0 }),
])('refuses an option out of range (case %#)', (make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'aggregation/bad-option' }));
});

test.each([
  ['no trimming', () => trimmedMean({ trim: 0, minHolders: 2 })],
  ['no clipping', () => centredClipping({ radius: 1e9, minHolders: 2 })],
] as const)('with %s it is shared-exclusive of equal examples, to 1e-6', (_, make) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer(), (clients, seed) => {
      const updates = sampleUpdates(layout, clients, 0.6, seed).map((update) => ({ ...update, examples: 7 }));
      const [a, b] = [make(), sharedExclusive()].map((rule) =>
        rule.globalModule(nextRound(rule, layout, startServer(rule, layout), updates).state),
      );
      for (const [p, value] of a.entries()) expect(Math.abs(value - b[p])).toBeLessThanOrEqual(1e-6);
    }),
    { numRuns: 30 },
  );
});

test('the factories’ defaults', () => {
  const factories = [medianFactory, trimmedMeanFactory, krumFactory, multiKrumFactory, centredClippingFactory];
  expect(factories.map(({ name, optionsSchema }) => [name, optionsSchema.parse({})])).toEqual([
    ['median', { minHolders: 1 }],
    ['trimmed-mean', { trim: 0.1, minHolders: 1 }],
    ['krum', { byzantine: 1, minHolders: 1 }],
    ['multi-krum', { byzantine: 1, minHolders: 1 }],
    ['centred-clipping', { radius: 10, iterations: 1, minHolders: 1 }],
  ]);
  for (const trim of [0.5, 1.5, -0.1, 'a'])
    expect(trimmedMeanFactory.optionsSchema.safeParse({ trim }).success).toBe(false);
  for (const trim of [0, 0.49, 1, 7]) expect(trimmedMeanFactory.optionsSchema.safeParse({ trim }).success).toBe(true);
});
