/**
 * The training step against PyTorch + PEFT, in separate processes that take turns.
 *
 *   npm run build && node benchmarks/step.mjs [--model DIR] [--cases 4x256:f32,4x256:bf16,2x64:f32,2x64:bf16]
 *     [--repeats 2] [--steps 6] [--seconds 60] [--kinds default,best] [--threads N] [--only-ours] [--quick] [--record]
 *
 * A case is BATCHxTOKENS:DTYPE, the dtype that of the frozen weights; loss on the second half of every row. A process takes
 * up to `steps` steps, and after two no further one once `seconds` are over. LoRA of rank 8 on q, k, v, o, AdamW.
 */
import { readOptions } from './shared/options.mjs';
import { alternate, baselines, ours } from './shared/processes.mjs';
import { tell, versionsOf } from './shared/report.mjs';
import { ADAMW, compareSteps, computable, parseCase, prepare, syntheticBatch } from './shared/training.mjs';

const options = readOptions(
  { cases: '4x256:f32,4x256:bf16,2x64:f32,2x64:bf16', steps: 6, seconds: 60 },
  { cases: '2x16:f32', steps: 2, seconds: 1 },
);
const { model, adapter, config, bf16, write } = await prepare(options);

const results = {};
const figures = {};
const ratios = {};
let versions = {};
let baseline = null;
for (const name of computable(options.cases.split(','), (name) => parseCase(name).dtype, bf16, results)) {
  const { rows, length, dtype } = parseCase(name);
  const { steps, seconds, threads } = options;
  const batches = write(`${name.replace(':', '-')}.json`, [syntheticBatch(config, rows, length)]);
  const job = { model, adapter, batches, dtype, steps, seconds, threads, ...ADAMW };
  const { sides, missing } = baselines(options, 'train_steps', job);
  const runs = alternate(`step ${name}`, { perfit: ours('train-steps', job), ...sides }, options.repeats);
  const compared = compareSteps(name, 'tokens', runs, () => rows * length);
  results[name] = compared.result;
  Object.assign(figures, compared.figures);
  Object.assign(ratios, compared.ratios);
  versions = { ...versions, ...versionsOf(runs) };
  baseline = missing;
}
tell({ benchmark: 'step', options, baseline, versions, figures, ratios, results });
