/**
 * The share of the products' own speed that a training step reaches, ours and PyTorch + PEFT's.
 *
 *   npm run build && node benchmarks/gemm.mjs [--model DIR] [--cases 4x256:f32] [--steps 4] [--passes 20]
 *     [--repeats 2] [--kinds default,best] [--threads N] [--only-ours] [--quick] [--record]
 *
 * The product rate is that of the step's own matrix products, one after the other, each as often as the step takes it,
 * on the shapes and dtype of the frozen weights (ours have q, k and v in one): of TensorFlow's MatMul through the engine,
 * of the engine's own product with a packed matrix, which the step uses, and of torch. The step's rate is what it must
 * compute (`trainingFlops` of shared/flops.mjs, from the model's configuration; loss on the second half of every row) over the
 * time that it takes. All are GFLOP/s; by processor time they are GFLOP per processor second, less distorted on a busy
 * machine.
 */
import { adapterParameters, stepProducts, trainingFlops } from './shared/flops.mjs';
import { readOptions } from './shared/options.mjs';
import { alternate, baselines, ours } from './shared/processes.mjs';
import { tell, versionsOf } from './shared/report.mjs';
import { median, pairedRatio, spread, sum } from './shared/statistics.mjs';
import { ADAMW, computable, LORA, parseCase, prepare, sizes, syntheticBatch } from './shared/training.mjs';

const options = readOptions({ cases: '4x256:f32', steps: 4, passes: 20 }, { cases: '2x16:f32', steps: 2, passes: 2 });
const { steps, passes, threads, repeats } = options;
const { model, adapter, config, bf16, write } = await prepare(options);

/** GFLOP/s of all products of a step together, by wall or processor time. */
const productRate = (products, { products: measured }, key) =>
  sum(products.map(({ m, k, n, count }) => 2 * m * k * n * count)) /
  (1e6 * sum(products.map(({ count }, i) => count * median(measured[i][key]))));

const results = {};
const figures = {};
const ratios = {};
let versions = {};
let baseline = null;
for (const name of computable(options.cases.split(','), (name) => parseCase(name).dtype, bf16, results)) {
  const { rows, length, dtype } = parseCase(name);
  const examples = syntheticBatch(config, rows, length);
  const flops = trainingFlops(config, adapterParameters(config, LORA.rank), sizes(examples));
  const batch = { tokens: rows * length, lossTokens: sum(sizes(examples).map(({ lossTokens }) => lossTokens)) };
  const [stacked, separate] = [true, false].map((stacked) => stepProducts(config, { ...batch, stacked }));
  const stepJob = {
    ...{ model, adapter, dtype, threads, steps, seconds: Number.MAX_VALUE, ...ADAMW },
    batches: write(`${name.replace(':', '-')}.json`, [examples]),
  };
  const productJob = { dtype, threads, passes };
  const our = (operation) => ours('products', { ...productJob, operation, products: stacked });
  const torch = baselines({ ...options, kinds: 'torch' }, 'products', { ...productJob, products: separate });
  const baselineSteps = baselines(options, 'train_steps', stepJob);
  const runs = alternate(
    `gemm ${name}`,
    {
      step: ours('train-steps', stepJob),
      MatMul: our('matmul'),
      packed: our('linear'),
      ...baselineSteps.sides,
      ...torch.sides,
    },
    repeats,
  );
  const shares = {};
  for (const [clock, key] of Object.entries({ second: 'milliseconds', 'processor second': 'cpuMilliseconds' })) {
    const stepRate = (side) => runs[side].map((one) => flops / (1e6 * median(one[key].slice(1))));
    const rate = (side, list = stacked) => runs[side].map((one) => productRate(list, one, key));
    figures[`${name}: step, GFLOP/${clock}`] = spread(stepRate('step'));
    for (const product of ['MatMul', 'packed']) {
      figures[`${name}: ${product}, GFLOP/${clock}`] = spread(rate(product));
      ratios[`${name}: step against ${product}, per ${clock}`] = pairedRatio(stepRate('step'), rate(product));
      if (runs.torch)
        ratios[`${name}: ${product} against torch, per ${clock}`] = pairedRatio(rate(product), rate('torch', separate));
    }
    for (const kind of Object.keys(baselineSteps.sides))
      shares[`${kind}: step against torch's products, per ${clock}`] = pairedRatio(
        stepRate(kind),
        rate('torch', separate),
      );
  }
  results[name] = {
    megaflopPerToken: flops / batch.tokens / 1e6,
    baselineShares: shares,
    products: Object.fromEntries(['MatMul', 'packed'].map((side) => [side, byProduct(stacked, runs[side])])),
    ...(runs.torch ? { torchProducts: byProduct(separate, runs.torch) } : {}),
  };
  versions = { ...versions, ...versionsOf(runs) };
  baseline = baselineSteps.missing;
}
tell({ benchmark: 'gemm', options, baseline, versions, figures, ratios, results });

/** GFLOP/s of every product. */
function byProduct(list, runs) {
  return Object.fromEntries(
    list.map(({ name, m, k, n }, i) => [
      `${name} [${m}, ${k}] x [${k}, ${n}]`,
      (2 * m * k * n) / (1e6 * median(runs.flatMap(({ products }) => products[i].milliseconds))),
    ]),
  );
}
