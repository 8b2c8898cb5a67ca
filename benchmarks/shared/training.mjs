import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveModel } from '@perfit/models';
import { ours, run, scratchFolder } from './processes.mjs';
import { largestDifference, median, pairedRatio, spread, sum } from './statistics.mjs';

/** LoRA as everything here trains it. */
export const LORA = { rank: 8, alpha: 16 };
/** PyTorch's own for AdamW. */
export const ADAMW = { learningRate: 1e-4, weightDecay: 0.01 };

/**
 * What every side of a benchmark gets: where the model lies, the adapter to start from, what is known of the model, and
 * a way to hand over data as a file. `seed`: start as a run of that seed does.
 */
export async function prepare({ model: name, threads }, { start = 'zero', seed = null } = {}) {
  const folder = scratchFolder();
  const model = await resolveModel(name);
  const { adapter, config, parameters, bf16 } = startAdapter({ model, threads, folder, start, seed });
  const write = (file, data) => {
    const path = join(folder, file);
    writeFileSync(path, JSON.stringify(data));
    return path;
  };
  return { model, adapter, config, parameters, bf16, write };
}

/** Writes an adapter to start from into a folder; `rank`: another than {@link LORA}'s, at the same scale. */
export function startAdapter({ model, threads, folder, start, seed = null, rank = LORA.rank }) {
  const adapter = join(folder, `adapter-${rank}`);
  mkdirSync(adapter);
  const size = { rank, alpha: (LORA.alpha * rank) / LORA.rank };
  return { adapter, ...run(ours('start-adapter', { model, threads, folder: adapter, start, seed, ...size })) };
}

/** An example as it is handed to both sides. */
export const plain = ({ ids, promptLength }) => ({ ids: [...ids], promptLength });

/** `4x256:f32`: rows, tokens of each, dtype of the frozen weights. */
export function parseCase(name) {
  const [, rows, length, dtype] = /^(\d+)x(\d+):(f32|bf16)$/.exec(name) ?? [];
  if (!dtype) throw new Error(`--cases ${name}: BATCHxTOKENS:f32 or :bf16 is needed`);
  return { rows: Number(rows), length: Number(length), dtype };
}

/** The names of cases that the engine here computes; the others are noted in `results`. `dtypeOf(name)`: its element type. */
export const computable = (names, dtypeOf, bf16, results) =>
  names.filter((name) => {
    if (dtypeOf(name) !== 'bf16' || bf16) return true;
    results[name] = { skipped: 'the engine here does not compute in bf16' };
    return false;
  });

/** Drawn token ids, loss on the second half of every row. */
export function syntheticBatch({ vocabulary }, rows, length) {
  const id = (i) => (i * 7919 + 13) % vocabulary;
  return Array.from({ length: rows }, (_, row) => ({
    ids: Array.from({ length }, (_, t) => id(row * length + t)),
    promptLength: Math.floor(length / 2),
  }));
}

/** Tokens of examples, and those that carry loss. */
export const sizes = (examples) =>
  examples.map(({ ids, promptLength }) => ({ tokens: ids.length, lossTokens: ids.length - promptLength }));

/**
 * Several training processes of one side. The first step warms up: told, and left out of the rest.
 * `units(step)`: what a step counts as, examples or tokens.
 */
export function summariseSteps(runs, units) {
  const later = (key) => runs.map((one) => one[key].slice(1));
  const rate = (key) =>
    runs.map((one) => (1000 * sum(one[key].slice(1).map((_, i) => units(i + 1)))) / sum(one[key].slice(1)));
  return {
    perSecond: rate('milliseconds'),
    perProcessorSecond: rate('cpuMilliseconds'),
    medianStepMs: median(later('milliseconds').flat()),
    fastestStepMs: Math.min(...later('milliseconds').flat()),
    firstAgainstLater: runs.map((one) => one.milliseconds[0] / median(one.milliseconds.slice(1))),
    loadMs: runs.map((one) => one.loadMilliseconds),
    peakBytes: runs.map((one) => one.peakBytes),
    steps: runs.map((one) => one.milliseconds.length),
    losses: runs[0].losses,
  };
}

/**
 * Runs of training steps by side: each side summarised, our figures, and their ratios to every baseline's, named after
 * the case and what is counted. `units(step)`: what a step counts as.
 */
export function compareSteps(name, unit, runs, units) {
  const sides = Object.fromEntries(Object.entries(runs).map(([side, all]) => [side, summariseSteps(all, units)]));
  const { perfit, ...others } = sides;
  const figures = {
    [`${name}: ${unit}/s`]: spread(perfit.perSecond),
    [`${name}: ${unit}/processor second`]: spread(perfit.perProcessorSecond),
    [`${name}: first step / later`]: spread(perfit.firstAgainstLater),
    [`${name}: peak bytes`]: spread(perfit.peakBytes),
  };
  const ratios = Object.fromEntries(
    Object.entries(others).flatMap(([kind, theirs]) => [
      [`${name}: ${unit}/s against ${kind}`, pairedRatio(perfit.perSecond, theirs.perSecond)],
      [
        `${name}: ${unit}/processor second against ${kind}`,
        pairedRatio(perfit.perProcessorSecond, theirs.perProcessorSecond),
      ],
      [`${name}: peak bytes against ${kind}`, pairedRatio(perfit.peakBytes, theirs.peakBytes)],
    ]),
  );
  // The same weights, examples and start: the losses tell that both did the same work.
  const differences = Object.fromEntries(
    Object.entries(others).map(([kind, theirs]) => [kind, largestDifference(perfit.losses, theirs.losses)]),
  );
  return { figures, ratios, result: { ...sides, lossDifference: differences } };
}
