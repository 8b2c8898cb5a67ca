import { adapterParameters, projections, stepProducts, trainingFlops } from './flops.mjs';

const SMOLLM2 = {
  ...{ vocabulary: 49152, hidden: 576, intermediate: 1536, layers: 30, heads: 9, keyValueHeads: 3, headSize: 64 },
};
/** One layer of everything small enough for a sheet of paper. */
const SMALL = { vocabulary: 11, hidden: 4, intermediate: 6, layers: 1, heads: 2, keyValueHeads: 1, headSize: 2 };

it('knows the projections of a layer', () => {
  expect(projections(SMALL).map(({ name, in: width, out }) => [name, width, out])).toEqual([
    ['q', 4, 4],
    ['k', 4, 2],
    ['v', 4, 2],
    ['o', 4, 4],
    ['gate', 4, 6],
    ['up', 4, 6],
    ['down', 6, 4],
  ]);
});

it('counts the parameters of LoRA: 921,600 for SmolLM2-135M at rank 8 on q, k, v, o', () => {
  expect(adapterParameters(SMOLLM2, 8)).toBe(921_600);
  expect(adapterParameters(SMALL, 2, ['q', 'down'])).toBe(2 * (4 + 4) + 2 * (6 + 4));
});

describe('trainingFlops', () => {
  it('adds products, adapter, head and causal attention', () => {
    // W = 16 + 8 + 8 + 16 + 3 · 24 = 120; three tokens see 1 + 2 + 3 pairs of 2 heads of 2.
    const products = 3 * 4 * 120;
    const adapter = 3 * 6 * 10;
    const head = 2 * 4 * 4 * 11;
    const attention = 3 * (4 * 2 * 2 * 6);
    expect(trainingFlops(SMALL, 10, [{ tokens: 3, lossTokens: 2 }])).toBe(products + adapter + head + attention);
  });

  it('of examples is the sum over them: attention does not cross them', () => {
    const one = (tokens, lossTokens) => trainingFlops(SMALL, 10, [{ tokens, lossTokens }]);
    const examples = [
      { tokens: 3, lossTokens: 2 },
      { tokens: 5, lossTokens: 1 },
    ];
    expect(trainingFlops(SMALL, 10, examples)).toBe(one(3, 2) + one(5, 1));
    expect(one(8, 3)).toBeGreaterThan(one(3, 2) + one(5, 1));
  });

  it('is 513 MFLOP a token for SmolLM2-135M, 4 x 256 tokens, loss on half of them', () => {
    const examples = Array.from({ length: 4 }, () => ({ tokens: 256, lossTokens: 128 }));
    const flops = trainingFlops(SMOLLM2, adapterParameters(SMOLLM2, 8), examples);
    expect(Math.floor(flops / 1024 / 1e6)).toBe(513);
  });
});

describe('stepProducts', () => {
  const work = (products) => products.reduce((total, { m, k, n, count }) => total + 2 * m * k * n * count, 0);

  it('is the work of frozen weights and head, however q, k and v lie', () => {
    const batch = { tokens: 8, lossTokens: 3 };
    const expected = 8 * 4 * 120 + 3 * 4 * 4 * 11;
    expect(work(stepProducts(SMALL, { ...batch, stacked: false }))).toBe(expected);
    expect(work(stepProducts(SMALL, { ...batch, stacked: true }))).toBe(expected);
  });

  it('multiplies by the transposed weight forward, by the weight backward', () => {
    const [forward, backward] = stepProducts(SMALL, { tokens: 8, lossTokens: 3, stacked: true });
    expect(forward).toEqual({ name: 'qkv forward', m: 8, k: 4, n: 8, transposed: true, count: 1 });
    expect(backward).toEqual({ name: 'qkv backward', m: 8, k: 8, n: 4, transposed: false, count: 1 });
  });
});
