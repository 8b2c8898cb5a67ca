/**
 * The training step on real examples of differing lengths, against PyTorch + PEFT, which pads to the longest of a batch.
 *
 *   npm run build && node benchmarks/fedflan-step.mjs --data DIR [--model DIR] [--steps 16] [--batch 8] [--tokens 160]
 *     [--dtypes f32] [--repeats 2] [--kinds default,best] [--threads N] [--only-ours] [--quick] [--record]
 *
 * DIR holds train.jsonl and test.jsonl with a `client` in every row (fedflan; without --data the embedded rows). Batches
 * are drawn as the runtime draws them, from the clients in turn, and are the same on both sides in every step. Told are
 * examples a second, steps after the first, and the share of a padded batch that is padding.
 */
import { readOptions } from './shared/options.mjs';
import { alternate, baselines, ours } from './shared/processes.mjs';
import { realBatches } from './shared/real-batches.mjs';
import { tell, versionsOf } from './shared/report.mjs';
import { sum } from './shared/statistics.mjs';
import { ADAMW, compareSteps, computable, plain, prepare, sizes } from './shared/training.mjs';

const options = readOptions({ batch: 8, tokens: 160, steps: 16, dtypes: 'f32' }, { batch: 4, tokens: 48, steps: 2 });
const { batch, steps, threads } = options;
const { model, adapter, bf16, write } = await prepare(options);
const batches = await realBatches({ ...options, model });

const tokens = batches.map((examples) => sum(sizes(examples).map((size) => size.tokens)));
const paddedTokens = batches.map((examples) => batch * Math.max(...examples.map(({ ids }) => ids.length)));
const results = { tokensPerBatch: sum(tokens) / steps, paddingShare: 1 - sum(tokens) / sum(paddedTokens) };
const figures = {};
const ratios = {};
let versions = {};
let baseline = null;
const file = write(
  'batches.json',
  batches.map((examples) => examples.map(plain)),
);
for (const dtype of computable(options.dtypes.split(','), (dtype) => dtype, bf16, results)) {
  const job = { model, adapter, batches: file, dtype, steps, seconds: Number.MAX_VALUE, threads, ...ADAMW };
  const { sides, missing } = baselines(options, 'train_steps', job);
  const runs = alternate(`fedflan-step ${dtype}`, { perfit: ours('train-steps', job), ...sides }, options.repeats);
  const compared = compareSteps(dtype, 'examples', runs, (step) => batches[step].length);
  results[dtype] = compared.result;
  Object.assign(figures, compared.figures);
  Object.assign(ratios, compared.ratios);
  versions = { ...versions, ...versionsOf(runs) };
  baseline = missing;
}
tell({ benchmark: 'fedflan-step', options, baseline, versions, figures, ratios, results });
