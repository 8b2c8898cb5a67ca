import { architectureFrom, createLayout, fullArchitecture, livePositions } from '@perfit/lora';
import fc from 'fast-check';
import type { Update } from '../contract.js';
import {
  nextRound,
  type Server,
  sampleUpdates,
  seededRandom,
  startServer,
  testAggregator,
  testExclusiveLaws,
  testSharedExclusiveLaws,
} from '../testing.js';
import { maskSimilarity, maskSimilarityFactory } from './mask-similarity.js';
import { sharedExclusive } from './shared-exclusive.js';

describe('maskSimilarity', () => {
  testAggregator(() => maskSimilarity(), { perClient: true });
  describe('with a share of its own', () => testAggregator(() => maskSimilarity({ own: 0.3 }), { perClient: true }));
  describe('exclusive laws', () => testExclusiveLaws((options) => maskSimilarity(options)));
  describe('laws at T = ∞', () =>
    testSharedExclusiveLaws((options) => maskSimilarity({ ...options, temperature: Number.POSITIVE_INFINITY })));

  const layout = createLayout([{ name: 'q_proj', layer: 0, in: 16, out: 16, flops: 512 }], 2);
  const size = layout.size; // 64
  const full = fullArchitecture(size);
  const start = Float32Array.from({ length: size }, (_, p) => p / 10);
  const of = (client: string, change: (p: number) => number, examples = 1, mask = full): Update => {
    const values = Float32Array.from(livePositions(mask), (p) => start[p] + change(p));
    return { client, mask, architecture: mask, values, examples, metrics: {} };
  };
  const sign = (p: number) => (p % 2 === 0 ? 1 : -1);
  const play = (rule: ReturnType<typeof maskSimilarity>, ...rounds: readonly (readonly Update[])[]) => {
    let server: Server = { state: rule.initialize(layout, start), registry: new Map() };
    for (const [r, updates] of rounds.entries()) server = nextRound(rule, layout, server, updates, r + 1);
    return server;
  };
  const received = (rule: ReturnType<typeof maskSimilarity>, { state }: Server, client: string, architecture = full) =>
    rule.download(state, { client, architecture }).values;
  /** What a client received of the changes, at an even and at an odd position. */
  const changes = (values: Float32Array) => [values[2] - start[2], values[3] - start[3]];

  // Two alike and one at a right angle: similarities 61/64 and −61/128, apart by 183/128 (agreement, by hand).
  const trio = [of('a', () => 1), of('b', () => 1), of('c', sign)];
  const temperature = 183 / (128 * Math.LN2);

  test('by hand: the similar count twice, the dissimilar once', () => {
    const rule = maskSimilarity({ temperature });
    const server = play(rule, trio);
    // a: (2 · 1 + 2 · 1 ± 1) / 5; c: (1 + 1 ± 1) / 3, as its nearest are as far as the others.
    for (const [client, even, odd] of [
      ['a', 5 / 5, 3 / 5],
      ['c', 3 / 3, 1 / 3],
    ] as const) {
      const [x, y] = changes(received(rule, server, client));
      expect(x).toBeCloseTo(even, 5);
      expect(y).toBeCloseTo(odd, 5);
    }
    const [near, far] = [...server.state['similarity/a']].slice(1);
    expect(near).toBeCloseTo(61 / 64, 9);
    expect(far).toBeCloseTo(-61 / 128, 9);
  });

  test('by hand: examples weigh, and a share of its own is that share', () => {
    const [a, b, c] = trio;
    const heavy = maskSimilarity({ temperature });
    const [x, y] = changes(received(heavy, play(heavy, [a, b, { ...c, examples: 4 }]), 'a'));
    expect(x).toBeCloseTo(1, 5); // (2 + 2 + 4) / 8
    expect(y).toBeCloseTo(0, 5); // (2 + 2 − 4) / 8
    const half = maskSimilarity({ temperature, own: 0.5 });
    const [, odd] = changes(received(half, play(half, trio), 'c'));
    expect(odd).toBeCloseTo(-0.5 + 0.5, 5); // half of −1, half of the mean of 1 and 1
  });

  test('clients that are alike receive the weighted mean, the own values 1/n of it', () => {
    const rule = maskSimilarity();
    const alike = ['a', 'b', 'c', 'd'].map((client) => of(client, (p) => sign(p) * (p % 5)));
    const server = play(rule, alike);
    expect([...received(rule, server, 'b')]).toEqual([...alike[0].values]);
    // Alike up to noise of single positions: four right angles, which no pair has more of than another.
    const angles = [1, 2, 4, 8].map((bit, i) => of(`c${i}`, (p) => (p & bit ? 1 : -1), 1 + i));
    const base = sharedExclusive();
    const [mine, theirs] = [rule, base].map((each) => received(each, play(each, angles), 'c0'));
    expect(mine).toEqual(theirs);
  });

  test('two clusters far apart: the weights lie inside of the cluster', () => {
    const rule = maskSimilarity();
    const random = seededRandom(8);
    const near = (change: (p: number) => number) => (p: number) => change(p) + 0.2 * (random() - 0.5);
    const updates = [
      ...['a', 'b', 'c'].map((client) =>
        of(
          client,
          near(() => 1),
        ),
      ),
      ...['x', 'y', 'z'].map((client) => of(client, near(sign), 5)),
    ];
    const server = play(rule, updates);
    const odd = (client: string) => changes(received(rule, server, client))[1];
    // Of the mean over all it would be (3 − 15) / 18 for both.
    for (const client of ['a', 'b', 'c']) expect(odd(client)).toBeGreaterThan(0.9);
    for (const client of ['x', 'y', 'z']) expect(odd(client)).toBeLessThan(-0.9);
    expect(rule.globalModule(server.state)[3] - start[3]).toBeCloseTo(-12 / 18, 1);
  });

  test('clusters by masks alone: unequal values, changes that tell nothing', () => {
    const rule = maskSimilarity({ masks: 1 });
    const [low, even] = [(p: number) => p < 40, (p: number) => p % 3 !== 0].map((live) => architectureFrom(size, live));
    const updates = [
      ...['a', 'b'].map((client) => of(client, () => 1, 1, low)),
      ...['x', 'y'].map((client) => of(client, () => -1, 1, even)),
    ];
    const server = play(rule, updates);
    const { mask, values } = rule.download(server.state, { client: 'a', architecture: low });
    const common = [...livePositions(mask)].indexOf(1);
    expect(values[common] - start[1]).toBeGreaterThan(0.9);
  });

  test('noise alone moves the weights little: eight clients of one law at the default temperature', () => {
    const wide = createLayout([{ name: 'q_proj', layer: 0, in: 128, out: 128, flops: 1 }], 4);
    const rule = maskSimilarity();
    const base = sharedExclusive();
    for (let seed = 1; seed <= 5; seed++) {
      const random = seededRandom(seed);
      const whole = fullArchitecture(wide.size);
      const common = Float32Array.from({ length: wide.size }, () => random() - 0.5);
      const updates = Array.from({ length: 8 }, (_, i) => ({
        ...of(`c${i}`, () => 0),
        mask: whole,
        architecture: whole,
        values: common.map((value) => value + 2 * (random() - 0.5)),
      }));
      const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, p) => value - b[p]));
      const [mine, theirs] = [rule, base].map((each) => {
        const { state } = nextRound(each, wide, startServer(each, wide), updates);
        return each.download(state, { client: 'c3', architecture: whole }).values;
      });
      expect(distance(mine, theirs)).toBeLessThan(0.15 * distance(updates[3].values, theirs));
    }
  });

  test('T → ∞ is shared-exclusive, whoever takes part in which round', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer(), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 3 }),
        (plan, minHolders) => {
          const rounds = plan.map(([seed, clients]) => sampleUpdates(layout, clients, 0.6, seed));
          const base = sharedExclusive({ minHolders });
          const expected = play(base, ...rounds);
          for (const temperature of [Number.POSITIVE_INFINITY, 1e12]) {
            const rule = maskSimilarity({ minHolders, temperature });
            const server = play(rule, ...rounds);
            expect(rule.globalModule(server.state)).toEqual(base.globalModule(expected.state));
            for (const [client, architecture] of [...server.registry, ['new', full] as const]) {
              const [a, b] = [rule, base].map((each, i) =>
                each.download([server, expected][i].state, { client, architecture }),
              );
              expect(a.mask).toEqual(b.mask);
              const apart = a.values.map((value, at) => Math.abs(value - b.values[at]));
              expect(Math.max(0, ...apart)).toBeLessThanOrEqual(1e-6);
            }
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  test('who sits a round out is known from before, and its old values do not count', () => {
    const rule = maskSimilarity({ temperature });
    const first = play(rule, trio);
    const second = nextRound(rule, layout, first, [of('b', () => 3), of('c', () => -3)], 2);
    // b counts twice as much as c for a; a's own 1 is of an earlier round.
    expect(changes(received(rule, second, 'a'))[0]).toBeCloseTo((2 * 3 - 3) / 3, 5);
    // A stranger has no similarities: it gets the weighted mean, as shared-exclusive sends it.
    expect(changes(received(rule, second, 'new'))[0]).toBeCloseTo(0, 5);
    // A pair that meets alone tells nothing: what was known stays.
    expect(second.state['similarity/b']).toEqual(first.state['similarity/b']);
  });

  test('a similarity moves halfway to what a later round finds', () => {
    const rule = maskSimilarity();
    const first = play(rule, trio);
    const second = nextRound(
      rule,
      layout,
      first,
      ['a', 'b', 'c'].map((client) => of(client, () => 2)),
      2,
    );
    // In the second round all end in one place, but start from where the first left them: their changes differ again.
    const third = nextRound(
      maskSimilarity({ memory: 0 }),
      layout,
      first,
      ['a', 'b', 'c'].map((client) => of(client, () => 2)),
      2,
    );
    for (const [j, value] of second.state['similarity/a'].entries())
      if (j > 0) expect(value).toBeCloseTo((first.state['similarity/a'][j] + third.state['similarity/a'][j]) / 2, 9);
    expect(third.state['similarity/a'][1]).not.toBeCloseTo(first.state['similarity/a'][1], 3);
  });

  test('a change is taken from what the client was sent, not from θ₀, once it has been sent something', () => {
    const rule = maskSimilarity({ temperature: Number.POSITIVE_INFINITY, memory: 0 });
    const first = play(rule, [of('a', () => 5), of('b', () => 5), of('c', () => 5)]);
    // All were sent θ₀ + 5, and go on as the trio goes from θ₀.
    const again = trio.map((update) => ({ ...update, values: update.values.map((value) => value + 5) }));
    const second = nextRound(rule, layout, first, again, 2);
    expect(second.state['similarity/a'][1]).toBeCloseTo(61 / 64, 4);
    expect(second.state['similarity/a'][2]).toBeCloseTo(-61 / 128, 4);
  });

  test.each([
    { temperature: 0 },
    { temperature: Number.NaN },
    { own: 1 },
    { own: -0.1 },
    { masks: 1.1 },
    { memory: 1 },
    { minHolders: 0 },
  ])('refuses %j', (options) => {
    expect(() => maskSimilarity(options)).toThrow(expect.objectContaining({ code: 'aggregation/bad-option' }));
    expect(maskSimilarityFactory.optionsSchema.safeParse(options).success).toBe(false);
  });
});
