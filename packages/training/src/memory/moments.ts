import type { Layout } from '@perfit/lora';
import { logitRowsAtOnce } from '@perfit/models';
import {
  changedCopies,
  elementBytes,
  factorBytes,
  type GroupName,
  type GroupSize,
  groupSizes,
  type PassSize,
  savedBytes,
} from './sizes.js';

/** Bytes alive at one moment of a step, without what is alive throughout. */
export interface Moment {
  readonly name: 'adapter' | 'frozen' | 'forward' | 'logits' | 'feed-forward' | 'attention' | 'gradients' | 'optimiser';
  /** What layers keep for their backward. */
  readonly saved: number;
  /** Logits and their gradient. */
  readonly logits: number;
  /** Everything else of the pass. */
  readonly temporary: number;
  /** Gradients and vectors of the adapter. */
  readonly gradients: number;
  /** What a kernel allocates for itself beside the engine's tensors. */
  readonly scratch: number;
}

const moment = (name: Moment['name'], bytes: Partial<Omit<Moment, 'name'>>): Moment => ({
  name,
  saved: 0,
  logits: 0,
  temporary: 0,
  gradients: 0,
  scratch: 0,
  ...bytes,
});

/** The chunks in which logits come: their rows, and bytes of `[rows, V]`. */
function logitChunk({ config: { vocabulary }, dtype, lossTokens }: PassSize) {
  const bytes = vocabulary * elementBytes(dtype);
  const rows = logitRowsAtOnce(lossTokens, bytes);
  return { rows, bytes: rows * bytes, elements: rows * vocabulary, more: rows < lossTokens };
}

/** Ids, positions, labels, weights and losses of a batch. */
const batchBytes = ({ tokens, lossTokens }: PassSize): number => 4 * (tokens + 4 * lossTokens);

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
  // The widened copy for the adapter's product ends before the frozen product makes its own.
  return [
    moment('forward', { saved, temporary: inside + low + (down.rank > 0 ? wide : 0) }),
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
  const perPosition = fisher ? 8 : 4;
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
        perPosition,
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

/** The backward of one layer, from the gradient `[rows, H]` of its output on. */
function layerMoments(
  size: PassSize,
  groups: Readonly<Record<GroupName, GroupSize>>,
  at: {
    readonly saved: number;
    readonly rows: number;
    readonly gradients: number;
    readonly perPosition: number;
    readonly below: boolean;
  },
): readonly Moment[] {
  const { config, dtype, tokens } = size;
  const { rows } = at;
  const some = rows < tokens;
  const d = elementBytes(dtype);
  const wide = dtype === 'bf16' ? 4 : 0;
  const narrow = dtype === 'bf16' ? 2 : 0;
  const { hidden, intermediate, heads, headSize } = config;
  const { qkv, output, gate, up, down } = groups;
  const adapts = ({ rank }: GroupSize) => rank > 0;
  const wantsMiddle = at.below || adapts(qkv) || adapts(output);
  const wantsBoth = wantsMiddle || adapts(gate) || adapts(up);
  const moments: Moment[] = [];
  let gradients = at.gradients;
  /** One product backwards over `count` rows, with the gradients of its factors where it is adapted. */
  const through = (
    name: Moment['name'],
    group: GroupSize,
    count: number,
    { saved, temporary, wanted }: { readonly saved: number; readonly temporary: number; readonly wanted: boolean },
  ) => {
    const scratch = wanted ? wide * count * group.out : 0;
    gradients += at.perPosition * group.positions;
    const own = adapts(group)
      ? count * (wide * (group.in + group.out) + 4 * group.rank) + at.perPosition * group.rank * (group.in + group.out)
      : 0;
    const dx = wanted ? count * group.in * d : 0;
    moments.push(moment(name, { saved, temporary: base + temporary + own + dx, gradients, scratch }));
  };
  const base = batchBytes(size);
  const { saved } = at;
  const incoming = rows * hidden * (4 + narrow);

  const branch = incoming + (adapts(down) ? rows * intermediate * d : 0);
  through('feed-forward', down, rows, { saved, temporary: branch, wanted: wantsBoth });
  if (!wantsBoth) return moments;
  const inner = branch + 3 * rows * intermediate * d;
  moments.push(moment('feed-forward', { saved, temporary: base + inner, gradients }));
  const width = rows * hidden * d;
  const input = adapts(gate) || adapts(up) ? width : 0;
  const before = { gate: adapts(gate) ? width : 0, up: input + (wantsMiddle ? width : 0) };
  through('feed-forward', gate, rows, { saved, temporary: inner + before.gate, wanted: wantsMiddle });
  through('feed-forward', up, rows, { saved, temporary: inner + before.up, wanted: wantsMiddle });
  if (!wantsMiddle) return moments;
  const last = base + inner + input + 3 * width + rows * hidden * 4;
  moments.push(moment('feed-forward', { saved, temporary: last, gradients }));

  const left = saved - 2 * rows * intermediate * d;
  const middle = rows * hidden * (4 + 2 * narrow);
  const wantsStacked = at.below || adapts(qkv);
  const gathered = some && adapts(output) ? rows * output.in * d : 0;
  through('attention', output, rows, { saved: left, temporary: middle + gathered, wanted: wantsStacked });
  if (!wantsStacked) return moments;
  const merged = tokens * heads * headSize;
  // Of the rows that went on the gradient, beside that of all.
  const ofRows = some ? rows * output.in * d + gathered : 0;
  const stacked = middle + ofRows + merged * d + tokens * qkv.out * d;
  moments.push(moment('attention', { saved: left, temporary: base + stacked, gradients, scratch: 8 * merged }));
  const all = tokens * hidden;
  const again = stacked + (adapts(qkv) ? all * d : 0);
  through('attention', qkv, tokens, { saved: left, temporary: again, wanted: at.below });
  if (at.below) {
    const end = again + all * d + all * 4 + (some ? all * 4 : 0);
    moments.push(moment('attention', { saved: left, temporary: base + end, gradients }));
  }
  return moments;
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
