import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { architectureFrom, createLayout, fullArchitecture } from '@perfit/lora';
import fc from 'fast-check';
import { hetLora } from '../aggregators/het-lora.js';
import { median } from '../aggregators/median.js';
import { sharedExclusive } from '../aggregators/shared-exclusive.js';
import { weightedMean } from '../aggregators/weighted-mean.js';
import type { Aggregator, ServerRule, ServerState } from '../contract.js';
import { serverRule } from '../server-step.js';
import {
  nextRound,
  type Server,
  sampleLayout,
  sampleUpdate,
  sampleUpdates,
  seededRandom,
  startServer,
  testAggregator,
  testExclusiveLaws,
} from '../testing.js';
import { fedAdagrad, fedAdagradFactory } from './fed-adagrad.js';
import { fedAdam, fedAdamFactory } from './fed-adam.js';
import { fedAvgM, fedAvgMFactory } from './fed-avg-m.js';
import { fedYogi, fedYogiFactory } from './fed-yogi.js';
import { none, noneFactory } from './none.js';

const makers: Record<string, (options?: object) => ServerRule> = {
  'fed-avg-m': fedAvgM,
  'fed-adam': fedAdam,
  'fed-yogi': fedYogi,
  'fed-adagrad': fedAdagrad,
};
const layout = sampleLayout();
const full = fullArchitecture(layout.size);

describe.each(Object.entries(makers))('%s', (name, make) => {
  const weighted = name === 'fed-avg-m';
  describe('around the weighted mean', () => testAggregator(() => make().wrap(weightedMean()), { weighted }));
  describe('around shared-exclusive', () => {
    testAggregator(() => make().wrap(sharedExclusive()), { weighted });
    testExclusiveLaws((options) => make().wrap(sharedExclusive(options)));
  });

  test('keeps the name of the aggregator and says its own', () => {
    expect(make().name).toBe(name);
    expect(make().wrap(weightedMean()).name).toBe('weighted-mean');
  });

  test('follows PyTorch over five rounds', () => {
    const golden = JSON.parse(readFileSync(join(__dirname, 'server-rules.golden.json'), 'utf8'));
    const small = createLayout([{ name: 'q_proj', layer: 0, in: 2, out: 1, flops: 4 }], 2);
    const all = fullArchitecture(small.size);
    const { learningRate, tau, momentum, beta1, beta2 } = golden.options;
    const options = {
      'fed-avg-m': { learningRate, momentum },
      'fed-adagrad': { learningRate, tau },
      'fed-adam': { learningRate, tau, beta1, beta2 },
      'fed-yogi': { learningRate, tau, beta1, beta2 },
    };
    const rule = make(options[name as keyof typeof options]).wrap(weightedMean());
    let server: Server = { state: rule.initialize(small, Float32Array.from(golden.start)), registry: new Map() };
    golden.values.forEach((clients: number[][], round: number) => {
      const updates = clients.map((values, i) => ({
        ...sampleUpdate(`c${i}`, all, golden.examples[round][i], seededRandom(1)),
        values: Float32Array.from(values),
      }));
      server = nextRound(rule, small, server, updates, round + 1);
      rule.globalModule(server.state).forEach((g, p) => {
        expect(Math.abs(g - golden[name][round][p])).toBeLessThanOrEqual(1e-6);
      });
    });
  });

  test('refuses an aggregator without a point, and names both', () => {
    const { point: _, ...pointless } = weightedMean();
    const wrong = { ...pointless, name: 'stacked' };
    expect(() => make().wrap(wrong)).toThrow(expect.objectContaining({ code: 'aggregation/no-point' }));
    expect(() => make().wrap(wrong)).toThrow(`server rule ${name} cannot wrap aggregator stacked`);
    expect(() => make().wrap(make().wrap(weightedMean()))).toThrow('aggregation');
  });

  test.each([
    { learningRate: 0 },
    { learningRate: Number.NaN },
    name === 'fed-avg-m' ? { momentum: 1 } : { beta1: 1 },
    name === 'fed-avg-m' ? { momentum: -0.1 } : { tau: 0 },
    ...(['fed-adam', 'fed-yogi'].includes(name) ? [{ beta2: 1 }] : []),
  ])('refuses %p', (options) => {
    expect(() => make(options)).toThrow(expect.objectContaining({ code: 'aggregation/bad-option' }));
  });
});

describe('fed-adam around the median', () => {
  testAggregator(() => fedAdam().wrap(median()), { weighted: false });
  testExclusiveLaws((options) => fedAdam().wrap(median(options)));
});
describe('fed-adam around het-lora, which demands whole components', () =>
  testAggregator(() => fedAdam().wrap(hetLora()), { weighted: false }));

/** One position of a full client per round, from g = 0: the value of the mean, then g, m and v as they should be. */
function rounds(rule: Aggregator, means: readonly number[]): readonly ServerState[] {
  let server: Server = { state: rule.initialize(layout, new Float32Array(layout.size)), registry: new Map() };
  return means.map((mean, i) => {
    const update = { ...sampleUpdate('a', full, 1, seededRandom(1)), values: new Float32Array(layout.size).fill(mean) };
    server = nextRound(rule, layout, server, [update], i + 1);
    return server.state;
  });
}

describe('by hand, two rounds', () => {
  test('fed-avg-m: m = 2, g = 1; then Δ = 2, m = 3, g = 2.5', () => {
    const rule = fedAvgM({ momentum: 0.5, learningRate: 0.5 }).wrap(weightedMean());
    const states = rounds(rule, [2, 3]);
    expect(states.map((state) => [state.g[4], state['fed-avg-m/m'][4]])).toEqual([
      [1, 2],
      [2.5, 3],
    ]);
  });

  test('fed-adam: v = 1, g = 0.25; then Δ = 2, v = 2, g = 0.25 + 1.25 / (√2 + 1)', () => {
    const rule = fedAdam({ learningRate: 1, beta1: 0.5, beta2: 2 / 3, tau: 1 }).wrap(weightedMean());
    const [first, second] = rounds(rule, [1, 2.25]);
    expect([first.g[4], first['fed-adam/m'][4], first['fed-adam/v'][4]]).toEqual([0.25, 0.5, 1]);
    expect(second['fed-adam/m'][4]).toBe(1.25);
    expect(second['fed-adam/v'][4]).toBeCloseTo(2, 6);
    expect(second.g[4]).toBeCloseTo(0.767767, 6);
  });

  test('fed-yogi: v rises by 3 from 1, g = 1/3; then Δ = 1 < √v, so v falls by 0.75', () => {
    const rule = fedYogi({ learningRate: 1, beta1: 0.5, beta2: 0.25, tau: 1 }).wrap(weightedMean());
    const [first, second] = rounds(rule, [2, 4 / 3]);
    expect([first['fed-yogi/m'][4], first['fed-yogi/v'][4]]).toEqual([1, 4]);
    expect(first.g[4]).toBeCloseTo(0.3333333, 6);
    expect(second['fed-yogi/v'][4]).toBeCloseTo(3.25, 6);
    expect(second.g[4]).toBeCloseTo(0.6901225, 6);
  });

  test('fed-adagrad: v = 1 + 0.75², g = 0.75 / 2.25; then v = 2.5625', () => {
    const rule = fedAdagrad({ learningRate: 1, tau: 1 }).wrap(weightedMean());
    const [first, second] = rounds(rule, [0.75, 4 / 3]);
    expect(first['fed-adagrad/v'][4]).toBe(1.5625);
    expect(first.g[4]).toBeCloseTo(0.3333333, 6);
    expect(second['fed-adagrad/v'][4]).toBeCloseTo(2.5625, 6);
    expect(second.g[4]).toBeCloseTo(0.7178332, 6);
  });
});

test.each([
  ['weighted-mean', () => weightedMean()],
  ['shared-exclusive', () => sharedExclusive()],
] as const)('fed-avg-m without momentum at rate 1 is %s, bit for bit', (_, inner) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer()), { maxLength: 5 }), (list) => {
      const wrapped = fedAvgM({ momentum: 0, learningRate: 1 }).wrap(inner());
      let [a, b] = [startServer(wrapped, layout), startServer(inner(), layout)];
      list.forEach(([clients, seed], i) => {
        const updates = sampleUpdates(layout, clients, 0.6, seed).map((update) => ({
          ...update,
          values: update.values.map((value) => value * 10 ** ((seed % 9) - 4)),
        }));
        a = nextRound(wrapped, layout, a, updates, i + 1);
        b = nextRound(inner(), layout, b, updates, i + 1);
        const { 'fed-avg-m/m': _, ...state } = a.state;
        expect(state).toEqual(b.state);
      });
    }),
    { numRuns: 60 },
  );
});

describe('under masks', () => {
  const of = (client: string, positions: number[], value: number) => {
    const mask = architectureFrom(layout.size, positions);
    return { ...sampleUpdate(client, mask, 1, seededRandom(1)), values: new Float32Array(mask.live).fill(value) };
  };

  test('a mean without a point before it is taken as it is; from then on it moves by the rule', () => {
    const rule = fedAvgM({ momentum: 0, learningRate: 0.5 }).wrap(sharedExclusive());
    let server = startServer(rule, layout);
    server = nextRound(rule, layout, server, [of('a', [3], 4), of('b', [3], 8)], 1);
    expect(rule.globalModule(server.state)[3]).toBe(6);
    server = nextRound(rule, layout, server, [of('a', [3], 10)], 2);
    expect(rule.globalModule(server.state)[3]).toBe(8);
  });

  test('positions that nobody sends keep g and moments, though these are not 0', () => {
    const rule = fedAvgM().wrap(sharedExclusive({ minHolders: 1 }));
    let server = startServer(rule, layout);
    for (const [round, value] of [1, 3].entries())
      server = nextRound(rule, layout, server, [of('a', [3, 5], value)], round + 1);
    const next = nextRound(rule, layout, server, [of('b', [5], 9)], 3);
    expect(next.state['fed-avg-m/m'][3]).toBe(2);
    expect(next.state.g[3]).toBe(3);
    expect(next.state['fed-avg-m/m'][5]).not.toBe(2);
  });

  test('what has become exclusive is not moved by its momentum, nor when it is shared again and not sent', () => {
    const rule = fedAvgM().wrap(sharedExclusive());
    let server = startServer(rule, layout);
    for (const [round, value] of [1, 3].entries())
      server = nextRound(rule, layout, server, [of('a', [3], value), of('b', [3], value)], round + 1);
    const { g, 'fed-avg-m/m': m } = server.state;
    expect([g[3], m[3]]).toEqual([3, 2]);
    server = nextRound(rule, layout, server, [of('b', [4], 1)], 3);
    server = nextRound(rule, layout, server, [of('a', [3], 9)], 4);
    expect([server.state.g[3], server.state['fed-avg-m/m'][3]]).toEqual([3, 2]);
    const b = { ...of('b', [], 0), architecture: architectureFrom(layout.size, [3]) };
    server = nextRound(rule, layout, server, [b], 5);
    expect(rule.globalModule(server.state)[3]).toBe(3);
  });
});

test('the state of the aggregator is kept apart from the moments', () => {
  const seen: string[][] = [];
  const inner = weightedMean();
  const watching: Aggregator = {
    ...inner,
    fold: (state, context) => {
      seen.push(Object.keys(state));
      return inner.fold(state, context);
    },
    residual: (state) => {
      seen.push(Object.keys(state));
      return [];
    },
  };
  const rule = fedAdam().wrap(watching);
  const { state } = nextRound(rule, layout, startServer(rule, layout), sampleUpdates(layout, 2, 1, 1));
  rule.residual?.(state);
  expect(seen).toEqual([['g'], ['g']]);
  expect(Object.keys(state).sort()).toEqual(['fed-adam/m', 'fed-adam/v', 'g']);
  expect(fedAdam().wrap(inner).residual).toBeUndefined();
});

test('none is the aggregator itself', () => {
  const inner = weightedMean();
  expect(none().wrap(inner)).toBe(inner);
});

test('a rule of one’s own: a step of 0 leaves g where it is', () => {
  const rule = serverRule({ name: 'still', moments: {}, step: () => 0 }).wrap(weightedMean());
  const server = startServer(rule, layout);
  const { state } = nextRound(rule, layout, server, [sampleUpdate('a', full, 1, seededRandom(1))]);
  expect(state).toEqual(server.state);
});

test('the factories’ defaults', () => {
  const defaults = [noneFactory, fedAvgMFactory, fedAdamFactory, fedYogiFactory, fedAdagradFactory].map((factory) => [
    factory.name,
    factory.optionsSchema.parse({}),
    (factory.make(factory.optionsSchema.parse({}), {}) as ServerRule).name,
  ]);
  const adaptive = { learningRate: 0.003, beta1: 0.9, beta2: 0.99, tau: 0.001 };
  expect(defaults).toEqual([
    ['none', {}, 'none'],
    ['fed-avg-m', { momentum: 0.9, learningRate: 1 }, 'fed-avg-m'],
    ['fed-adam', adaptive, 'fed-adam'],
    ['fed-yogi', adaptive, 'fed-yogi'],
    ['fed-adagrad', { learningRate: 0.003, beta1: 0, tau: 0.001 }, 'fed-adagrad'],
  ]);
  expect(fedAdamFactory.optionsSchema.safeParse({ beta3: 1 }).success).toBe(false);
});
