import { createLayout, rankArchitecture } from '@perfit/lora';
import { createEngine } from '@perfit/tensorflow';
import { useGoldenAdapter } from '../goldens/golden-adapter.js';
import { rankDecayUpdate, rankDecayUpdateFactory } from './rank-decay.js';
import { rankTail, tailSize } from './rank-tail.js';
import { testLocalUpdate } from './testing.js';

const openEngine = () => createEngine({ prefer: 'native', threads: 2 });
testLocalUpdate(() => rankDecayUpdate({ gamma: 0.5 }), openEngine);
testLocalUpdate(() => rankDecayUpdate({ gamma: 0.01 }), openEngine);

const fixture = useGoldenAdapter();
const sites = ['k_proj', 'q_proj'].map((name) => ({ name, layer: 0, in: 2, out: 1, flops: 4 }));
// Site by site: A [3, 2], B [1, 3].
const layout = createLayout(sites, 3);

test('the tail is what lies past the first ⌊γ r⌋ live components of a site, never the first one', () => {
  const tail = (rank: number, gamma: number) => [...rankTail(layout, rankArchitecture(layout, rank), gamma).positions];
  expect(tail(3, 0.99)).toEqual([4, 5, 8, 13, 14, 17]); // ⌊2.97⌋ = 2 stay
  expect(tail(2, 0.99)).toEqual([2, 3, 7, 11, 12, 16]);
  expect(tail(3, 0.3)).toEqual([2, 3, 7, 4, 5, 8, 11, 12, 16, 13, 14, 17]);
  expect(tail(1, 0.1)).toEqual([]);
  expect([...rankTail(layout, rankArchitecture(layout, 3), 0.99).groups]).toEqual([0, 0, 1, 2, 2, 3]);
});

test('by hand: the gradient of λ ‖A‖ ‖B‖ of every site’s tail', async () => {
  const engine = await openEngine();
  const rule = rankDecayUpdate({ gamma: 0.7, lambda: 0.1 });
  const up = (values: Float32Array) => engine.upload(values, [values.length]);
  // k_proj: tail A = [3, 4], B = [10]; q_proj: tail A = [0, 0], B = [2].
  const theta = Float32Array.of(1, 1, 1, 1, 3, 4, 1, 1, 10, 1, 1, 1, 1, 0, 0, 1, 1, 2);
  const values = up(theta);
  const anchor = up(theta);
  const vectors = rule.prepare!(engine, { layout, architecture: rankArchitecture(layout, 3) });
  const result = rule.correct(engine, { gradient: up(new Float32Array(18).fill(1)), values, anchor, vectors });
  // ‖A‖ = 5, ‖B‖ = 10: 0.1 · 10/5 · [3, 4] and 0.1 · 5/10 · 10; at ‖A‖ = 0 nothing pulls.
  const expected = new Array(18).fill(1);
  [expected[4], expected[5], expected[8]] = [1.6, 1.8, 1.5];
  for (const [p, value] of [...engine.download(result)].entries()) expect(value).toBeCloseTo(expected[p], 6);
  engine.dispose(result, values, anchor, ...Object.values(vectors));
});

test('a tail that shrank is pruned, one that grew or was 0 stays', () => {
  const conclude = (start: Float32Array, values: Float32Array, rank = 3) =>
    rankDecayUpdate().conclude!({
      layout,
      architecture: rankArchitecture(layout, rank),
      start,
      values,
      meanGradient: new Float32Array(18),
      steps: 1,
      vectors: {},
    }).architecture;
  const ones = new Float32Array(18).fill(1);
  const larger = ones.map((value) => value * 1.01);
  expect(conclude(larger, ones)).toEqual(rankArchitecture(layout, 2));
  expect(conclude(ones, larger)).toBeUndefined();
  expect(conclude(ones, ones)).toBeUndefined();
  expect(conclude(new Float32Array(18), ones)).toBeUndefined();
  expect(conclude(larger, ones, 1)).toBeUndefined();
  // k_proj’s tail from √2 · 1 to √2 · 2, q_proj’s from √2 to 0: the sum is what counts, and it stays.
  const moved = Float32Array.from(ones);
  moved[8] = 2;
  moved[17] = 0;
  expect(conclude(ones, moved)).toBeUndefined();
  moved[8] = 1.9;
  expect(conclude(ones, moved)).toEqual(rankArchitecture(layout, 2));
});

test('in a session: the penalty shrinks the tail, the more the larger λ, and nothing is left behind', () => {
  const { golden, adapter, open } = fixture;
  const wide = golden.adapter.layout;
  const tail = rankTail(wide, adapter.architecture, 0.5);
  const sizes = [0, 0.1, 10].map((lambda) => {
    const session = open({ localUpdate: rankDecayUpdate({ gamma: 0.5, lambda }) });
    for (let step = 0; step < 3; step++) session.step(golden.batch, 1e-3);
    const size = tailSize(tail, session.values());
    const { architecture } = session.conclude();
    expect(architecture?.live ?? adapter.architecture.live).toBe(
      size < tailSize(tail, adapter.values)
        ? adapter.architecture.live - tail.positions.length
        : adapter.architecture.live,
    );
    session.dispose();
    return size;
  });
  expect(sizes[1]).toBeLessThan(sizes[0]!);
  expect(sizes[2]).toBeLessThan(sizes[1]!);
  expect(sizes[2]).toBeLessThan(tailSize(tail, adapter.values));
});

test.each([{ gamma: 0 }, { gamma: 1 }, { gamma: Number.NaN }, { lambda: -1 }, { lambda: Number.POSITIVE_INFINITY }])(
  'refuses %j',
  (options) => {
    expect(() => rankDecayUpdate(options)).toThrow(expect.objectContaining({ code: 'training/bad-option' }));
    expect(rankDecayUpdateFactory.optionsSchema.safeParse(options).success).toBe(false);
  },
);
