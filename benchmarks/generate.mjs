/**
 * Tokens a second of a greedy continuation, one sequence with its key-value cache, against transformers' generate.
 *
 *   npm run build && node benchmarks/generate.mjs [--model DIR] [--tokens 64] [--prompt TEXT] [--dtype f32]
 *     [--repeats 2] [--kinds default,best] [--threads N] [--only-ours] [--quick] [--record]
 *
 * All hold an adapter of rank 8: `default` beside the weights, as we do, `best` merged into them. No end token. The time
 * to the first token (the prompt's) and the tokens a second after it stand apart; `sameTokens` tells how many agree.
 */
import { openCheckpoint } from '@perfit/models';
import { readOptions } from './shared/options.mjs';
import { alternate, baselines, ours } from './shared/processes.mjs';
import { tell, versionsOf } from './shared/report.mjs';
import { pairedRatio, spread } from './shared/statistics.mjs';
import { prepare } from './shared/training.mjs';

const options = readOptions(
  {
    tokens: 64,
    prompt: 'Instruction: name the capital of France, and say why it is worth a visit.\nResponse:',
    dtype: 'f32',
  },
  { tokens: 4, prompt: 'What colour is the tarn?' },
);
const { tokens, dtype, threads } = options;
const { model, adapter } = await prepare(options, { start: 'symmetric' });
const { tokenizer, weights } = await openCheckpoint(model);
weights.close();
const job = { model, adapter, dtype, threads, tokens, prompt: tokenizer.encode(options.prompt) };
const { sides, missing } = baselines(options, 'generate_tokens', job);
const runs = alternate('generate', { perfit: ours('generate', job), ...sides }, options.repeats);
const rate = (side) => runs[side].map(({ restMs }) => (1000 * (tokens - 1)) / restMs);
const processor = (side) => runs[side].map(({ cpuMilliseconds }) => (1000 * tokens) / cpuMilliseconds);
const firsts = (side) => runs[side].map(({ firstMs }) => firstMs);

const ratios = {};
const sameTokens = {};
for (const kind of Object.keys(sides)) {
  ratios[`tokens/s against ${kind}`] = pairedRatio(rate('perfit'), rate(kind));
  ratios[`tokens/processor second against ${kind}`] = pairedRatio(processor('perfit'), processor(kind));
  ratios[`first token ms against ${kind}`] = pairedRatio(firsts('perfit'), firsts(kind));
  const [a, b] = [runs.perfit[0].ids, runs[kind][0].ids];
  const apart = a.findIndex((id, i) => id !== b[i]);
  sameTokens[kind] = apart < 0 ? a.length : apart;
}
tell({
  benchmark: 'generate',
  options,
  baseline: missing,
  versions: versionsOf(runs),
  figures: {
    'tokens/s': spread(rate('perfit')),
    'tokens/processor second': spread(processor('perfit')),
    'first token ms': spread(firsts('perfit')),
  },
  ratios,
  results: { promptTokens: job.prompt.length, sameTokens },
});
