/**
 * What must be computed, from the shape of a model: floating-point operations, a multiply-add being two. Recomputation
 * and what padding costs are not in it. Symbols: H hidden, F intermediate, V vocabulary, D head size.
 */

/** Frozen weights of one decoder layer, as the products of one token: `[{ name, in, out }]`. */
export function projections({ hidden: H, intermediate: F, heads, keyValueHeads, headSize: D }) {
  return [
    { name: 'q', in: H, out: heads * D },
    { name: 'k', in: H, out: keyValueHeads * D },
    { name: 'v', in: H, out: keyValueHeads * D },
    { name: 'o', in: heads * D, out: H },
    { name: 'gate', in: H, out: F },
    { name: 'up', in: H, out: F },
    { name: 'down', in: F, out: H },
  ];
}

/** Parameters of LoRA of a rank on some projections of every layer. */
export function adapterParameters(config, rank, targets = ['q', 'k', 'v', 'o']) {
  const adapted = projections(config).filter(({ name }) => targets.includes(name));
  return config.layers * adapted.reduce((total, { in: width, out }) => total + rank * (width + out), 0);
}

/**
 * One training step of LoRA over frozen weights W, on examples of n tokens of which `lossTokens` carry loss:
 * 4 W a token (y = x Wᵀ; the gradient of x), 4 H V a loss token (the head, likewise), 6 P a token (P adapter parameters:
 * product, gradient of the input, of the parameters), and causal attention, scores and values over n (n + 1) / 2 pairs,
 * once forward and twice backward. The bottom layer's input gradient is counted, 0.2 % of SmolLM2-135M's.
 */
export function trainingFlops(config, parameters, examples) {
  const { hidden: H, vocabulary: V, layers, heads, headSize: D } = config;
  const frozen = layers * projections(config).reduce((total, { in: width, out }) => total + width * out, 0);
  let flops = 0;
  for (const { tokens, lossTokens } of examples) {
    const pairs = (tokens * (tokens + 1)) / 2;
    flops += tokens * (4 * frozen + 6 * parameters) + lossTokens * 4 * H * V + 3 * layers * 4 * heads * D * pairs;
  }
  return flops;
}

/**
 * The matrix products of a step over its frozen weights, forward and backward: `[m, k] · [k, n]`, how often, and whether
 * the right one lies transposed. `stacked`: q, k and v lie in one matrix.
 */
export function stepProducts(config, { tokens, lossTokens, stacked }) {
  const { hidden: H, vocabulary: V, layers } = config;
  const all = projections(config);
  const qkv = { name: 'qkv', in: H, out: all.slice(0, 3).reduce((total, { out }) => total + out, 0) };
  const layer = stacked ? [qkv, ...all.slice(3)] : all;
  const weights = [
    ...layer.map((weight) => ({ ...weight, m: tokens, count: layers })),
    { name: 'head', in: H, out: V, m: lossTokens, count: 1 },
  ];
  return weights.flatMap(({ name, in: width, out, m, count }) => [
    { name: `${name} forward`, m, k: width, n: out, transposed: true, count },
    { name: `${name} backward`, m, k: out, n: width, transposed: false, count },
  ]);
}
