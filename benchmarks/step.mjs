/**
 * The training step against PyTorch + PEFT, in separate processes that take turns.
 *
 *   npm run build && node benchmarks/step.mjs --model DIR [--dtypes f32,bf16] [--rounds 2] [--steps 6]
 *
 * Prints one JSON: for each dtype both sides' tokens/s, step times, first step and peak memory, and their ratios. Python is
 * $PYTHON or .venv/bin/python, with benchmarks/requirements.txt installed; without it only our side is measured.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    dtypes: { type: 'string', default: 'f32,bf16' },
    rounds: { type: 'string', default: '2' },
    steps: { type: 'string', default: '6' },
    batch: { type: 'string', default: '4' },
    length: { type: 'string', default: '256' },
    rank: { type: 'string', default: '8' },
    threads: { type: 'string', default: '2' },
    'only-ours': { type: 'boolean', default: false },
  },
});
if (!values.model) {
  process.stderr.write('step.mjs needs --model DIR, a Hugging Face directory of a LLaMA model.\n');
  process.exit(2);
}
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const number = (name) => Number(values[name]);
const python = process.env.PYTHON ?? here('../.venv/bin/python');
const withPeft = !values['only-ours'] && existsSync(python);
const options = {
  model: values.model,
  batch: number('batch'),
  length: number('length'),
  rank: number('rank'),
  steps: number('steps'),
  threads: number('threads'),
};

/** Runs one side once, in a process of its own, so that peak memory and thread pools are its alone. */
function run(side, dtype) {
  const argument = JSON.stringify({ ...options, dtype });
  const [program, ...before] =
    side === 'perfit'
      ? [process.execPath, ...process.execArgv, here('perfit-step.mjs')]
      : [python, here('peft_step.py')];
  const environment = { ...process.env, OMP_NUM_THREADS: String(options.threads), HF_HUB_OFFLINE: '1' };
  const out = execFileSync(program, [...before, argument], { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
  return JSON.parse(out.toString().trim().split('\n').at(-1));
}

const median = (sorted) => sorted[Math.floor(sorted.length / 2)];

/** Runs of one side as one record. The first step of each run is warm-up: reported, and left out of the rest. */
function summary(runs) {
  const steps = runs.flatMap(({ milliseconds }) => milliseconds.slice(1)).sort((a, b) => a - b);
  const tokens = options.batch * options.length;
  return {
    tokensPerSecond: (1000 * tokens) / median(steps),
    bestTokensPerSecond: (1000 * tokens) / steps[0],
    medianMs: median(steps),
    minMs: steps[0],
    firstMs: Math.min(...runs.map(({ milliseconds }) => milliseconds[0])),
    peakBytes: Math.max(...runs.map(({ peakBytes }) => peakBytes)),
    losses: runs[0].losses,
    versions: runs[0].versions,
  };
}

function cpuFlags() {
  const info = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  const flags = /^flags\s*:\s*(.*)$/m.exec(info)?.[1].split(' ') ?? [];
  return flags.filter((flag) => /^(fma|avx2|avx512f|avx512_bf16|amx_bf16)$/.test(flag));
}

const results = {};
for (const dtype of values.dtypes.split(',')) {
  const runs = { perfit: [], peft: [] };
  for (let round = 0; round < number('rounds'); round++) {
    runs.perfit.push(run('perfit', dtype));
    if (withPeft) runs.peft.push(run('peft', dtype));
  }
  const perfit = summary(runs.perfit);
  results[dtype] = { perfit };
  if (!withPeft) continue;
  const peft = summary(runs.peft);
  const ratios = {
    tokensPerSecond: perfit.tokensPerSecond / peft.tokensPerSecond,
    bestTokensPerSecond: perfit.bestTokensPerSecond / peft.bestTokensPerSecond,
    peakBytes: perfit.peakBytes / peft.peakBytes,
  };
  Object.assign(results[dtype], { peft, ratios });
}
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, flags: cpuFlags(), node: process.version };
process.stdout.write(`${JSON.stringify({ options, machine, results }, null, 2)}\n`);
