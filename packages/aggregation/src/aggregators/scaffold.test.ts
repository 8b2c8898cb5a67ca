import { architectureFrom, createLayout, fullArchitecture } from '@perfit/lora';
import type { Update } from '../contract.js';
import { nextRound, type Server, sampleLayout, seededRandom, startServer, testAggregator } from '../testing.js';
import { scaffold, scaffoldFactory } from './scaffold.js';
import { weightedMean } from './weighted-mean.js';

describe('scaffold', () => {
  testAggregator(() => scaffold());
  const rule = scaffold();
  const layout = createLayout([{ name: 'q_proj', layer: 0, in: 1, out: 1, flops: 2 }], 1);
  const full = fullArchitecture(layout.size);
  const of = (client: string, examples: number, values: number[], controlChange: number[]): Update => ({
    client,
    mask: full,
    architecture: full,
    examples,
    metrics: {},
    values: Float32Array.from(values),
    vectors: { controlChange: Float32Array.from(controlChange) },
  });
  const controlOf = ({ state }: Server) => [
    ...rule.download(state, { client: 'a', architecture: full }).vectors!.control,
  ];

  test('by hand: the control is the mean of the controls of the clients seen so far', () => {
    const first = nextRound(rule, layout, startServer(rule, layout), [
      of('a', 1, [4, 0], [8, 1]),
      of('b', 3, [8, 4], [4, 1]),
    ]);
    expect([...rule.globalModule(first.state)]).toEqual([7, 3]);
    expect(controlOf(first)).toEqual([5, 1]); // (8 + 3 · 4) / 4
    // c has as many examples as both together: (4 · 5 + 4 · 1 + 1 · −4) / 8.
    const second = nextRound(rule, layout, first, [of('c', 4, [1, 1], [1, 0]), of('a', 1, [1, 1], [-4, 0])], 2);
    expect(controlOf(second)).toEqual([2.5, 0.5]);
    // With a at 4, b at 4 and c at 1 that is their mean: (1 · 4 + 3 · 4 + 4 · 1) / 8.
  });

  test('of equally many examples and clients seen before: c + |S| / N · mean Δc', () => {
    const everyone = ['a', 'b', 'c', 'd'].map((client) => of(client, 2, [0, 0], [0, 0]));
    const first = nextRound(rule, layout, startServer(rule, layout), everyone);
    const second = nextRound(rule, layout, first, [of('a', 2, [0, 0], [3, 0]), of('c', 2, [0, 0], [5, 0])], 2);
    expect(controlOf(second)).toEqual([(2 / 4) * ((3 + 5) / 2), 0]);
  });

  /**
   * Two clients with f(w) = ½ h (w − t)², two plain steps of size ¼ a round, with the local rule g − c_i + c and
   * c_i⁺ the mean of the client's own gradients.
   */
  test('a whole loop by hand: two quadratics, where FedIT stops beside the optimum and SCAFFOLD on it', () => {
    const clients = [
      { client: 'a', h: 1, t: 0 },
      { client: 'b', h: 3, t: 4 },
    ];
    const loop = (rounds: number, controlled: boolean) => {
      const own = new Map(clients.map(({ client }) => [client, 0]));
      let server: Server = { state: rule.initialize(layout, new Float32Array(2)), registry: new Map() };
      const trace: number[] = [];
      for (let round = 1; round <= rounds; round++) {
        const updates = clients.map(({ client, h, t }) => {
          const { values, vectors } = rule.download(server.state, { client, architecture: full });
          let w = values[0];
          let sum = 0;
          for (let step = 0; step < 2; step++) {
            const gradient = h * (w - t);
            sum += gradient;
            w -= 0.25 * (controlled ? gradient - own.get(client)! + vectors!.control[0] : gradient);
          }
          const change = sum / 2 - own.get(client)!;
          own.set(client, sum / 2);
          return of(client, 5, [w, 0], [change, 0]);
        });
        server = nextRound(rule, layout, server, updates, round);
        trace.push(rule.globalModule(server.state)[0]);
      }
      return { trace, control: controlOf(server)[0], own };
    };
    // Round 1 from 0, no controls yet. a stays at 0: gradients 0, 0. b: −12, to 3; −3, to 3.75. Mean 1.875;
    // c_a = 0, c_b = −7.5, c = −3.75.
    const one = loop(1, true);
    expect(one.trace).toEqual([1.875]);
    expect([...one.own.values(), one.control]).toEqual([0, -7.5, -3.75]);
    // Round 2 from 1.875. a: 1.875 − 0 − 3.75, to 2.34375; 2.34375 − 3.75, to 2.6953125.
    // b: −6.375 + 7.5 − 3.75 = −2.625, to 2.53125; −4.40625 + 3.75 = −0.65625, to 2.6953125.
    const two = loop(2, true);
    expect(two.trace[1]).toBe(2.6953125);
    expect([...two.own.values()]).toEqual([2.109375, -5.390625]);
    // The optimum of ½ w² + ½ 3 (w − 4)² is 3. FedIT stops where w = ½ (9/16 w + 4 + (w − 4) / 16), at 30 / 11.
    expect(loop(60, true).trace.at(-1)).toBeCloseTo(3, 5);
    expect(loop(60, false).trace.at(-1)).toBeCloseTo(30 / 11, 5);
  });

  test('values and masks are those of the weighted mean, of positions that do not travel too', () => {
    const wide = sampleLayout();
    const random = seededRandom(3);
    const travels = architectureFrom(wide.size, (p) => p % 2 === 0);
    const whole = fullArchitecture(wide.size);
    const draw = () => Float32Array.from({ length: travels.live }, () => random());
    const updates = ['a', 'b'].map((client) => ({
      client,
      mask: travels,
      architecture: whole,
      values: draw(),
      examples: 3,
      metrics: {},
      vectors: { controlChange: draw() },
    }));
    const [mine, theirs] = [rule, weightedMean()].map((each) =>
      each.globalModule(nextRound(each, wide, startServer(each, wide), updates).state),
    );
    expect(mine).toEqual(theirs);
  });

  test('takes no options', () => {
    expect(scaffoldFactory.optionsSchema.safeParse({ clients: 2 }).success).toBe(false);
  });
});
