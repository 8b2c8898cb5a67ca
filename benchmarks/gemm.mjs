/**
 * The share of the products' own speed that a training step reaches, ours and PyTorch + PEFT's.
 *
 *   npm run build && node benchmarks/gemm.mjs [--model DIR] [--cases 4x256:f32] [--steps 4] [--passes 20]
 *     [--repeats 2] [--kinds default,best] [--threads N] [--only-ours] [--quick] [--record]
 *
 * The product rate is that of the step's own matrix products, one after the other, each as often as the step takes it,
 * on the shapes and dtype of the frozen weights (ours have q, k and v in one). The step's rate is what it must compute
 * (`trainingFlops` of shared/flops.mjs, from the model's configuration; loss on the second half of every row) over the time
 * that it takes. Both are GFLOP/s; by processor time they are GFLOP per processor second, less distorted on a busy machine.
 */
import { adapterParameters, stepProducts, trainingFlops } from './shared/flops.mjs';
import { readOptions } from './shared/options.mjs';
import { alternate, baselines, ours } from './shared/processes.mjs';
import { tell, versionsOf } from './shared/report.mjs';
import { median, pairedRatio, spread, sum } from './shared/statistics.mjs';
import { ADAMW, LORA, parseCase, prepare, sizes, syntheticBatch } from './shared/training.mjs';

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
for (const name of options.cases.split(',')) {
  const { rows, length, dtype } = parseCase(name);
  if (dtype === 'bf16' && !bf16) {
    results[name] = { skipped: 'the engine here does not compute in bf16' };
    continue;
  }
  const examples = syntheticBatch(config, rows, length);
  const flops = trainingFlops(config, adapterParameters(config, LORA.rank), sizes(examples));
  const batch = { tokens: rows * length, lossTokens: sum(sizes(examples).map(({ lossTokens }) => lossTokens)) };
  const lists = { perfit: stepProducts(config, { ...batch, stacked: true }) };
  const separate = stepProducts(config, { ...batch, stacked: false });
  const stepJob = {
    ...{ model, adapter, dtype, threads, steps, seconds: Number.MAX_VALUE, ...ADAMW },
    batches: write(`${name.replace(':', '-')}.json`, [examples]),
  };
  const productJob = (products) => ({ products, dtype, threads, passes });
  const theirSteps = baselines(options, 'train_steps', stepJob);
  const theirProducts = baselines({ ...options, kinds: 'products' }, 'products', productJob(separate), ['torch']);
  const runs = alternate(
    `gemm ${name}`,
    {
      ...{ perfit: ours('train-steps', stepJob), 'perfit products': ours('products', productJob(lists.perfit)) },
      ...theirSteps.sides,
      ...(theirSteps.missing === null ? theirProducts.sides : {}),
    },
    repeats,
  );
  const rates = (key) => {
    const steps = (side) => runs[side].map((one) => flops / (1e6 * median(one[key].slice(1))));
    const products = (side, list) => runs[side].map((one) => productRate(list, one, key));
    return { steps, products };
  };
  const shares = {};
  for (const [clock, key] of Object.entries({ second: 'milliseconds', 'processor second': 'cpuMilliseconds' })) {
    const { steps, products } = rates(key);
    const our = { step: steps('perfit'), products: products('perfit products', lists.perfit) };
    figures[`${name}: products, GFLOP/${clock}`] = spread(our.products);
    figures[`${name}: step, GFLOP/${clock}`] = spread(our.step);
    ratios[`${name}: step against products, per ${clock}`] = pairedRatio(our.step, our.products);
    for (const kind of Object.keys(theirSteps.sides)) {
      const their = { step: steps(kind), products: products('products', separate) };
      ratios[`${name}: products against torch, per ${clock}`] = pairedRatio(our.products, their.products);
      shares[`${kind}: step against its products, per ${clock}`] = pairedRatio(their.step, their.products);
    }
  }
  results[name] = {
    megaflopPerToken: flops / batch.tokens / 1e6,
    baselineShares: shares,
    products: byProduct(lists.perfit, runs['perfit products']),
    ...(runs.products ? { torchProducts: byProduct(separate, runs.products) } : {}),
  };
  versions = { ...versions, ...versionsOf(runs) };
  baseline = theirSteps.missing;
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
