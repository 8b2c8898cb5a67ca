import { readFileSync } from 'node:fs';
import { architectureFrom, createLayout, fullArchitecture } from '@perfit/lora';
import type { Update } from '../contract.js';
import { nextRound, sampleLayout, sampleUpdates, startServer, testAggregator } from '../testing.js';
import { type FedAmpOptions, fedAmp, fedAmpFactory } from './fed-amp.js';

describe('fedAmp', () => {
  testAggregator(() => fedAmp(), { weighted: false, perClient: true });
  describe('with σ and α of its own', () =>
    testAggregator(() => fedAmp({ sigma: 2, alpha: 3 }), { weighted: false, perClient: true }));

  const layout = createLayout([{ name: 'q_proj', layer: 0, in: 1, out: 1, flops: 2 }], 1);
  const full = fullArchitecture(2);
  const of = (client: string, values: number[], mask = full): Update => ({
    client,
    mask,
    architecture: full,
    values: Float32Array.from(values),
    examples: 1,
    metrics: {},
  });
  const received = (options: FedAmpOptions, rounds: readonly (readonly Update[])[], client: string) => {
    const rule = fedAmp(options);
    let server = startServer(rule, layout);
    for (const [r, updates] of rounds.entries()) server = nextRound(rule, layout, server, updates, r + 1);
    return [...rule.download(server.state, { client, architecture: full }).values];
  };
  const expectNear = (found: readonly number[], expected: readonly number[]) => {
    expect(found.length).toBe(expected.length);
    for (const [p, value] of found.entries()) expect(value).toBeCloseTo(expected[p], 6);
  };

  test('by hand: squared distances 4 and 16 at σ = 4 / ln 2, so that A′ halves with every 4', () => {
    const clients = [of('a', [0, 0]), of('b', [2, 0]), of('c', [0, 4])];
    const sigma = 4 / Math.LN2;
    // α / σ = ½: ξ_ab = ½ · ½, ξ_ac = ½ · 1/16; ξ_aa = 1 − 9/32.
    expectNear(received({ sigma, alpha: sigma / 2 }, [clients], 'a'), [0.5, 0.125]);
    // b and c are 20 apart: ξ_bc = ½ / 32 = 1/64, ξ_ba = ¼, ξ_bb = 47/64.
    expectNear(received({ sigma, alpha: sigma / 2 }, [clients], 'b'), [94 / 64, 4 / 64]);
    // α / σ = 4: ξ_ab = 2, ξ_ac = ¼ are too much; they are shared out as 8/9 and 1/9, and nothing is left for a.
    expectNear(received({ sigma, alpha: 4 * sigma }, [clients], 'a'), [16 / 9, 4 / 9]);
  });

  test('against NumPy: the messages of three clients', () => {
    const {
      sites,
      rank,
      fedAmp: golden,
    } = JSON.parse(readFileSync(new URL('./adapters.golden.json', import.meta.url), 'utf8')) as {
      sites: { name: string; in: number; out: number }[];
      rank: number;
      fedAmp: { alpha: number; sigma: number; values: number[][]; messages: number[][] };
    };
    const wide = createLayout(
      sites.map((site) => ({ ...site, layer: 0, flops: 1 })),
      rank,
    );
    const rule = fedAmp({ alpha: golden.alpha, sigma: golden.sigma });
    const whole = fullArchitecture(wide.size);
    const updates = golden.values.map((values, i) => ({ ...of(`c${i}`, values, whole), architecture: whole }));
    const { state } = nextRound(rule, wide, startServer(rule, wide), updates);
    for (const [i, message] of golden.messages.entries())
      expectNear([...rule.download(state, { client: `c${i}`, architecture: whole }).values], message);
  });

  test('by default σ is the mean squared distance and α = σ / n', () => {
    const clients = [of('a', [0, 0]), of('b', [2, 0]), of('c', [0, 4])];
    const sigma = (4 + 16 + 20) / 3;
    expectNear(received({}, [clients], 'a'), received({ sigma, alpha: sigma / 3 }, [clients], 'a'));
    const scaled = clients.map((update) => ({ ...update, values: update.values.map((value) => value * 1000) }));
    expectNear(
      received({}, [scaled], 'b').map((value) => value / 1000),
      received({}, [clients], 'b'),
    );
  });

  test('equal clients receive what they sent; a client alone too', () => {
    for (const options of [{}, { alpha: 5 }, { sigma: 0.1, alpha: 5 }])
      expectNear(received(options, [['a', 'b', 'c'].map((client) => of(client, [3, -4]))], 'b'), [3, -4]);
    expect(received({}, [[of('a', [3, -4])]], 'a')).toEqual([3, -4]);
  });

  test('a client never seen gets the plain mean, θ₀ before there is one', () => {
    expectNear(received({}, [[of('a', [1, 2]), of('b', [5, 4])]], 'new'), [3, 3]);
    const rule = fedAmp();
    const { state } = startServer(rule, layout);
    expect(rule.download(state, { client: 'new', architecture: full }).values).toEqual(rule.globalModule(state));
  });

  test('what a client sent in an earlier round still counts, and only the latest', () => {
    const rounds = [[of('a', [0, 0]), of('b', [9, 9])], [of('b', [2, 0])]];
    expectNear(received({}, rounds, 'a'), received({}, [[of('a', [0, 0]), of('b', [2, 0])]], 'a'));
  });

  test('masks: a mean over those that hold a position; one that nobody holds is not sent', () => {
    const rule = fedAmp({ sigma: 1e9, alpha: 1e9 / 4 });
    const first = architectureFrom(2, [0]);
    const { state } = nextRound(rule, layout, startServer(rule, layout), [of('a', [4], first), of('b', [8], first)]);
    const { mask, values } = rule.download(state, { client: 'a', architecture: full });
    expect(mask).toEqual(first);
    expectNear([...values], [0.75 * 4 + 0.25 * 8]);
  });

  test('distances are extrapolated from what both hold; who shares nothing is not heard', () => {
    const wide = sampleLayout();
    const rule = fedAmp();
    const half = architectureFrom(wide.size, (p) => p < 19);
    const other = architectureFrom(wide.size, (p) => p >= 19);
    const [a, b, c] = ['a', 'b', 'c'].map((client, i) => {
      const mask = [half, fullArchitecture(wide.size), other][i];
      return { ...of(client, [], mask), architecture: mask, values: new Float32Array(mask.live).fill(i) };
    });
    const { state } = nextRound(rule, wide, startServer(rule, wide), [a, b, c]);
    // Order a, b, c: 19 · 1² of 19 common positions over 38 in all; a and c have none.
    expect([...state.distances]).toEqual([0, 38, Number.POSITIVE_INFINITY, 38, 0, 38, Number.POSITIVE_INFINITY, 38, 0]);
    expect(rule.download(state, { client: 'a', architecture: half }).values[0]).toBeGreaterThan(0);
    const alone = rule.download(nextRound(rule, wide, startServer(rule, wide), [a, c]).state, {
      client: 'a',
      architecture: half,
    });
    expect([...alone.values]).toEqual([...a.values]);
  });

  test('the state names every client it holds', () => {
    const wide = sampleLayout();
    const rule = fedAmp();
    const { state } = nextRound(rule, wide, startServer(rule, wide), sampleUpdates(wide, 2, 0.5, 3));
    expect(Object.keys(state).sort()).toEqual(['distances', 'g', 'mask/c0', 'mask/c1', 'values/c0', 'values/c1']);
  });

  test.each([{ sigma: 0 }, { sigma: Number.NaN }, { alpha: -1 }, { alpha: Number.POSITIVE_INFINITY }])(
    'refuses %j',
    (options) => {
      expect(() => fedAmp(options)).toThrow(expect.objectContaining({ code: 'aggregation/bad-option' }));
      expect(fedAmpFactory.optionsSchema.safeParse(options).success).toBe(false);
    },
  );
});
