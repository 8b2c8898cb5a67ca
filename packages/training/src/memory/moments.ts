import type { Layout } from '@perfit/lora';
import { logitRowsAtOnce } from '@perfit/models';
import { gatheredBytes, layerMoments } from './layer-moments.js';
import { batchBytes, type Moment, moment } from './moment.js';
import {
  changedCopies,
  elementBytes,
  factorBytes,
  type GroupSize,
  groupSizes,
  type PassSize,
  savedBytes,
} from './sizes.js';

/** The chunks in which logits come: their rows, and bytes of `[rows, V]`. */
function logitChunk({ config: { vocabulary }, dtype, lossTokens }: PassSize) {
  const bytes = vocabulary * elementBytes(dtype);
  const rows = logitRowsAtOnce(lossTokens, bytes);
  return { rows, bytes: rows * bytes, elements: rows * vocabulary, more: rows < lossTokens };
}

/** The head, from the hidden states `[M, H]` on; `backward` where their gradient is wanted. */
function headMoments(size: PassSize, saved: number, backward: boolean): readonly Moment[] {
  const { config, dtype, lossTokens } = size;
  const d = elementBytes(dtype);
  const { rows, bytes, elements, more } = logitChunk(size);
  const { hidden } = config;
  const normed = lossTokens * (hidden * (4 + d) + 4);
  const held = batchBytes(size) + normed;
  const before = backward ? (lossTokens - rows) * hidden * d : 0;
  const widened = dtype === 'bf16' ? 4 : 0;
  const chunk = moment('logits', {
    saved,
    logits: 2 * bytes,
    temporary: held + before,
    scratch: widened * rows * hidden,
  });
  if (!backward) return [chunk];
  const back = moment('logits', {
    saved,
    logits: bytes,
    temporary: held + before + rows * hidden * d,
    scratch: widened * elements,
  });
  const joined = (more ? 2 : 1) * lossTokens * hidden * d + lossTokens * hidden * 4;
  return [chunk, back, moment('logits', { saved, temporary: held + joined })];
}

/**
 * The forward of a layer's feed-forward branch, the widest part of it, over `rows` rows. `base`: what else of the pass
 * is alive.
 */
function forwardMoments(
  size: PassSize,
  {
    saved,
    base,
    rows,
    down,
  }: { readonly saved: number; readonly base: number; readonly rows: number; readonly down: GroupSize },
): readonly Moment[] {
  const { config, dtype } = size;
  const d = elementBytes(dtype);
  const { hidden, intermediate } = config;
  const held = batchBytes(size) + base;
  const inside = held + rows * (hidden + intermediate) * d;
  const wide = dtype === 'bf16' ? 4 * rows * intermediate : 0;
  const low = 4 * rows * down.rank;
  return [
    moment('forward', { saved, temporary: inside + low + rows * hidden * d, scratch: wide }),
    moment('forward', { saved, temporary: held + rows * hidden * (4 + (dtype === 'bf16' ? 6 : 4)) }),
  ];
}

/** The first forward after a change of the frozen weights copies each group that it comes to: counted as if at the top layer. */
function copyMoments(size: PassSize, layout: Layout, saved: number, base: number): readonly Moment[] {
  if (!size.changed) return [];
  return [moment('frozen', { saved, temporary: batchBytes(size) + base + changedCopies(size, layout).making })];
}

/** Scores of rows with adapters of a layout, nothing saved. */
export function evaluationMoments(size: PassSize, layout: Layout): readonly Moment[] {
  const { config, dtype, tokens, lossTokens } = size;
  const d = elementBytes(dtype);
  const top = config.layers - 1;
  /** A layer's input, the stream after attention, and the gate and up that nobody keeps. */
  const base = (rows: number) => (tokens + rows) * config.hidden * 4 + rows * 2 * config.intermediate * d;
  const through = (layer: number, rows: number) =>
    forwardMoments(size, { saved: 0, base: base(rows), rows, down: groupSizes(config, layout, layer).down });
  // Values times their scales, before they are cut into slots; no factors are stacked yet.
  const loading = moment('adapter', { gradients: 4 * layout.size - factorBytes(config, layout) });
  return [
    loading,
    ...copyMoments(size, layout, 0, base(tokens)),
    ...(top > 0 ? through(top - 1, tokens) : []),
    ...through(top, lossTokens),
    ...headMoments(size, 0, false),
  ];
}

/** Prompt tokens that a decoding takes in at once. */
const PROMPT_AT_ONCE = 256;

/** The next tokens of one sequence: the old keys and values live until every layer has its longer ones. */
export function decodingMoments(size: PassSize): readonly Moment[] {
  const { config, dtype, tokens } = size;
  const { layers, keyValueHeads, headSize, heads, hidden, intermediate, vocabulary } = config;
  const d = elementBytes(dtype);
  const next = Math.min(tokens, PROMPT_AT_ONCE);
  const cache = 2 * layers * 2 * keyValueHeads * headSize * tokens * d;
  // Scores, the mask, their sum and its softmax; in bf16 scores and shares in both element types.
  const scores = (dtype === 'bf16' ? 4 + 1 / keyValueHeads : 3 + 1 / keyValueHeads) * heads * next * tokens * 4;
  const turned = 6 * next * (heads + 2 * keyValueHeads) * headSize * d;
  const branch = next * 3 * intermediate * d;
  const temporary = next * 2 * hidden * 4 + Math.max(scores + turned, branch);
  return [moment('forward', { saved: cache, logits: vocabulary * (d + 4), temporary })];
}

/**
 * Moments of a forward and backward pass at which most is alive. `fisher`: squares are gathered beside gradients;
 * `checkpointing`: all layers but the last keep just their inputs, and are computed again before their backward.
 */
export function backwardMoments(
  size: PassSize,
  layout: Layout,
  { fisher, checkpointing }: { readonly fisher: boolean; readonly checkpointing: boolean },
): readonly Moment[] {
  const { config, tokens, lossTokens } = size;
  const layers = layout.sites.map(({ layer }) => layer);
  const lowest = Math.min(...layers);
  const top = config.layers - 1;
  const kept = savedBytes(size);
  /** Rows that a layer's feed-forward is over: in the last one the loss positions. */
  const rowsIn = (layer: number) => (layer === top ? lossTokens : tokens);
  const keptBy = (layer: number) => kept.attention * tokens + kept.feedForward * rowsIn(layer);
  const stream = tokens * config.hidden * 4;
  const upTo = (layer: number) => (layer - lowest) * (checkpointing ? stream : keptBy(lowest)) + keptBy(layer);
  /** The sum after attention, and in the last layer the rows of its input. */
  const branch = (layer: number) =>
    rowsIn(layer) * config.hidden * ((size.dtype === 'bf16' ? 6 : 4) + (layer === top ? 4 : 0));
  const perPosition = gatheredBytes(fisher);
  const forward = (layer: number, saved: number, more = 0) =>
    forwardMoments(size, {
      saved,
      base: branch(layer) + more,
      rows: rowsIn(layer),
      down: groupSizes(config, layout, layer).down,
    });
  const at = (layer: number): readonly Moment[] => {
    const gradients =
      perPosition * layout.slots.reduce((sum, slot) => sum + (slot.site.layer > layer ? slot.size : 0), 0);
    const again = checkpointing && layer < top ? forward(layer, upTo(layer), stream) : [];
    return [
      ...again.map((moment) => ({ ...moment, gradients })),
      ...layerMoments(size, groupSizes(config, layout, layer), {
        saved: upTo(layer),
        rows: rowsIn(layer),
        gradients,
        fisher,
        below: layer > lowest,
      }),
    ];
  };
  const below = [...new Set([top - 1, lowest])].filter((layer) => layer >= lowest && layer < top);
  return [
    ...copyMoments(size, layout, upTo(top), 2 * stream + 2 * tokens * config.intermediate * elementBytes(size.dtype)),
    ...(top > lowest && !checkpointing ? forward(top - 1, upTo(top - 1)) : []),
    ...forward(top, upTo(top)),
    ...headMoments(size, upTo(top), true),
    ...at(top),
    ...below.flatMap(at),
  ];
}

/** After the backward: gradients become one vector, and the optimiser makes the next values. */
export function vectorMoments(layout: Layout, fisher: boolean, clip: boolean): readonly Moment[] {
  const P = 4 * layout.size;
  return [
    // Pieces and the vector that they are joined to, then the vector times its scales.
    moment('gradients', { gradients: (fisher ? 3 : 2) * P }),
    // AdamW's new moments and two steps on the way; the clipped gradient beside its own.
    moment('optimiser', { gradients: (clip ? 5 : 4) * P }),
  ];
}
