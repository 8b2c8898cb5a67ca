/**
 * Trains the model `tiny` from scratch on the embedded corpus, with this project's own blocks and optimiser, and writes
 * packages/models/assets/tiny. The same engine gives the same files.
 *
 *   npm run build && node tools/pretrain-tiny.mjs [--out DIR] [--epochs 20]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { embeddedCorpus, trainingBatches } from '@perfit/datasets';
import { initialWeights, loadBackbone, openCheckpoint, writeCheckpoint } from '@perfit/models';
import { openTensors, toFloat32, writeTensors } from '@perfit/safetensors';
import { createEngine } from '@perfit/tensorflow';
import { adamwDefaults, cosineSchedule, createPretrainer } from '@perfit/training';
import { trainTokenizer } from './tiny/byte-pairs.mjs';

const SEED = 20240226;
const BATCH = 32;
const PEAK = 3e-3;
const END = '<|endoftext|>';
const CONTEXT = 256;

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: fileURLToPath(new URL('../packages/models/assets/tiny', import.meta.url)) },
    epochs: { type: 'string', default: '20' },
  },
});
const out = options.out;
const say = (text) => process.stderr.write(`${text}\n`);

/** Uniform draws (mulberry32). */
function stream(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Rewrites a file of F32 tensors in BF16, rounded to nearest even: half the size, and what the frozen model then is. */
function halve(path) {
  const file = openTensors(path);
  const tensors = file.entries.map(({ name, shape }) => {
    const bits = new Uint32Array(toFloat32(file.read(name)).slice().buffer);
    const halves = Uint16Array.from(bits, (b) => (b + 0x7fff + ((b >>> 16) & 1)) >>> 16);
    return { name, elementType: 'BF16', shape, bytes: new Uint8Array(halves.buffer) };
  });
  file.close();
  writeTensors(path, tensors, { format: 'pt' });
}

mkdirSync(out, { recursive: true });
const corpus = embeddedCorpus();
const tokenizer = trainTokenizer(corpus, { size: 1024, least: 8, endToken: END, context: CONTEXT });
const config = {
  family: 'llama',
  vocabulary: tokenizer.vocabulary,
  hidden: 128,
  intermediate: 352,
  layers: 4,
  heads: 4,
  keyValueHeads: 2,
  headSize: 32,
  context: CONTEXT,
  normEpsilon: 1e-5,
  rope: { theta: 10000, scaling: { type: 'default' } },
  tiedHead: true,
};
const files = {
  'tokenizer.json': `${JSON.stringify(tokenizer.tokenizer)}\n`,
  'tokenizer_config.json': `${JSON.stringify(tokenizer.config, null, 2)}\n`,
};
const start = initialWeights(config, stream(SEED));
writeCheckpoint(out, config, start, files);
const { tokenizer: encoder } = await openCheckpoint(out);
const examples = corpus.map((text) => ({
  ids: Int32Array.from([...encoder.encode(text), encoder.eosId]),
  promptLength: 1,
}));

const engine = await createEngine({ prefer: 'native', threads: 2 });
const load = (weights) => loadBackbone(engine, { config, weights });
const optimizer = { ...adamwDefaults, beta2: 0.95, weightDecay: 0.1, clip: 1 };
const pretrainer = createPretrainer({ engine, weights: start, load, optimizer });
const perEpoch = Math.ceil(examples.length / BATCH);
const total = Number(options.epochs) * perEpoch;
const schedule = cosineSchedule({ peak: PEAK, total, warmup: 100, floor: PEAK / 100 });
const batches = trainingBatches({ examples, batchSize: BATCH, random: stream(SEED + 1) });
const began = performance.now();
let sum = 0;
let loss = 0;
for (let step = 0; step < total; step++) {
  sum += await pretrainer.step(batches.next().value, schedule.at(step));
  if ((step + 1) % perEpoch > 0) continue;
  loss = sum / perEpoch;
  sum = 0;
  const seconds = Math.round((performance.now() - began) / 1000);
  say(`epoch ${(step + 1) / perEpoch}: loss ${loss.toFixed(4)} over all tokens, ${seconds} s`);
}
writeCheckpoint(out, config, pretrainer.weights(), files);
pretrainer.dispose();
halve(join(out, 'model.safetensors'));

const tokens = examples.reduce((count, { ids }) => count + ids.length, 0);
const parameters = start.names.reduce((count, name) => count + start.shape(name).reduce((p, n) => p * n, 1), 0);
writeFileSync(
  join(out, 'README.md'),
  `# tiny

A LLaMA of ${parameters.toLocaleString('en')} parameters (hidden ${config.hidden}, ${config.layers} layers, ${config.heads} heads, ${config.keyValueHeads} key-value heads,
intermediate ${config.intermediate}, context ${config.context}, tied embedding; BF16 on disk) with a byte-level BPE of ${config.vocabulary} tokens, both trained from
scratch on the embedded corpus of \`@perfit/datasets\` (${examples.length.toLocaleString('en')} texts, ${tokens.toLocaleString('en')} tokens, generated, no third-party text).

Made by \`node tools/pretrain-tiny.mjs --epochs ${options.epochs}\`: seed ${SEED}, batches of ${BATCH}, AdamW (β₂ 0.95, weight decay 0.1 on
matrices, clip 1), cosine from ${PEAK} after 100 steps of warm-up, f32 on two threads. Mean loss over all tokens in the last
epoch: ${loss.toFixed(4)}.

It knows the invented world's goods and the clients' ways of answering, nothing else. Apache-2.0, as the project.
`,
);
say(`wrote ${out}`);
