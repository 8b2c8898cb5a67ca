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
  savedPerToken,
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

/** The head, from the hidden states `[N, H]` on; `backward` where their gradient is wanted. */
function headMoments(size: PassSize, saved: number, backward: boolean): readonly Moment[] {
  const { config, dtype, tokens, lossTokens } = size;
  const d = elementBytes(dtype);
  const { rows, bytes, elements, more } = logitChunk(size);
  const { hidden } = config;
  const normed = lossTokens * (hidden * (4 + d) + 4);
  const held = batchBytes(size) + tokens * hidden * 4 + normed;
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
  const joined = (more ? 2 : 1) * lossTokens * hidden * d + lossTokens * hidden * 4 + tokens * hidden * 4;
  return [chunk, back, moment('logits', { saved, temporary: held + joined })];
}

/** The forward of a layer's feed-forward branch, the widest part of it. `base`: what else of the pass is alive. */
function forwardMoments(size: PassSize, saved: number, base: number, down: GroupSize): readonly Moment[] {
  const { config, dtype, tokens } = size;
  const d = elementBytes(dtype);
  const { hidden, intermediate } = config;
  const held = batchBytes(size) + base;
  const inside = held + tokens * (hidden + intermediate) * d;
  const wide = dtype === 'bf16' ? 4 * tokens * intermediate : 0;
  const low = 4 * tokens * down.rank;
  // The widened copy for the adapter's product ends before the frozen product makes its own.
  return [
    moment('forward', { saved, temporary: inside + low + (down.rank > 0 ? wide : 0) }),
    moment('forward', { saved, temporary: inside + low + tokens * hidden * d, scratch: wide }),
    moment('forward', { saved, temporary: held + tokens * hidden * (4 + (dtype === 'bf16' ? 6 : 4)) }),
  ];
}

/** The first forward after a change of the frozen weights copies each group that it comes to: counted as if at the top layer. */
function copyMoments(size: PassSize, layout: Layout, saved: number, base: number): readonly Moment[] {
  if (!size.changed) return [];
  return [moment('frozen', { saved, temporary: batchBytes(size) + base + changedCopies(size, layout).making })];
}

/** Scores of rows with adapters of a layout, nothing saved. */
export function evaluationMoments(size: PassSize, layout: Layout): readonly Moment[] {
  const { config, dtype, tokens } = size;
  const d = elementBytes(dtype);
  // The layer's input, the stream after attention, and the gate and up that nobody keeps.
  const base = tokens * (2 * config.hidden * 4 + 2 * config.intermediate * d);
  const { down } = groupSizes(config, layout, config.layers - 1);
  // Values times their scales, before they are cut into slots; no factors are stacked yet.
  const loading = moment('adapter', { gradients: 4 * layout.size - factorBytes(config, layout) });
  return [
    loading,
    ...copyMoments(size, layout, 0, base),
    ...forwardMoments(size, 0, base, down),
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
  const { config, tokens } = size;
  const layers = layout.sites.map(({ layer }) => layer);
  const lowest = Math.min(...layers);
  const top = config.layers - 1;
  const perLayer = savedPerToken(size) * tokens;
  const stream = tokens * config.hidden * 4;
  const perLayerBelow = checkpointing ? stream : perLayer;
  const upTo = (layer: number) => (layer - lowest) * perLayerBelow + perLayer;
  const branch = size.dtype === 'bf16' ? tokens * config.hidden * 6 : stream;
  const perPosition = fisher ? 8 : 4;
  const at = (layer: number): readonly Moment[] => {
    const groups = groupSizes(config, layout, layer);
    const gradients =
      perPosition * layout.slots.reduce((sum, slot) => sum + (slot.site.layer > layer ? slot.size : 0), 0);
    const again = checkpointing && layer < top ? forwardMoments(size, upTo(layer), branch + stream, groups.down) : [];
    return [
      ...again.map((forward) => ({ ...forward, gradients })),
      ...layerMoments(size, groups, { saved: upTo(layer), gradients, perPosition, below: layer > lowest }),
    ];
  };
  return [
    ...copyMoments(size, layout, upTo(top), 2 * stream + 2 * tokens * config.intermediate * elementBytes(size.dtype)),
    ...forwardMoments(size, upTo(top), branch, groupSizes(config, layout, top).down),
    ...headMoments(size, upTo(top), true),
    ...at(top),
    ...(top > lowest ? at(lowest) : []),
  ];
}

/** The backward of one layer, from the gradient `[N, H]` of its output on. */
function layerMoments(
  size: PassSize,
  groups: Readonly<Record<GroupName, GroupSize>>,
  at: { readonly saved: number; readonly gradients: number; readonly perPosition: number; readonly below: boolean },
): readonly Moment[] {
  const { config, dtype, tokens } = size;
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
  /** One product backwards, with the gradients of its factors where it is adapted. */
  const through = (name: Moment['name'], group: GroupSize, saved: number, temporary: number, wanted: boolean) => {
    const scratch = wanted ? wide * tokens * group.out : 0;
    gradients += at.perPosition * group.positions;
    const own = adapts(group)
      ? tokens * (wide * (group.in + group.out) + 4 * group.rank) + at.perPosition * group.rank * (group.in + group.out)
      : 0;
    const dx = wanted ? tokens * group.in * d : 0;
    moments.push(moment(name, { saved, temporary: base + temporary + own + dx, gradients, scratch }));
  };
  const base = batchBytes(size);
  const stream = tokens * hidden * 4;
  const incoming = stream + tokens * hidden * narrow;

  const branch = incoming + (adapts(down) ? tokens * intermediate * d : 0);
  through('feed-forward', down, at.saved, branch, wantsBoth);
  if (!wantsBoth) return moments;
  const inner = branch + 3 * tokens * intermediate * d;
  moments.push(moment('feed-forward', { saved: at.saved, temporary: base + inner, gradients }));
  const width = tokens * hidden * d;
  const input = adapts(gate) || adapts(up) ? width : 0;
  through('feed-forward', gate, at.saved, inner + (adapts(gate) ? width : 0), wantsMiddle);
  through('feed-forward', up, at.saved, inner + input + (wantsMiddle ? width : 0), wantsMiddle);
  if (!wantsMiddle) return moments;
  const last = base + inner + input + 3 * width + stream;
  moments.push(moment('feed-forward', { saved: at.saved, temporary: last, gradients }));

  const left = at.saved - 2 * tokens * intermediate * d;
  const middle = tokens * hidden * 2 * narrow + stream;
  const wantsStacked = at.below || adapts(qkv);
  through('attention', output, left, middle, wantsStacked);
  if (!wantsStacked) return moments;
  const merged = tokens * heads * headSize;
  const stacked = middle + merged * d + tokens * qkv.out * d;
  moments.push(moment('attention', { saved: left, temporary: base + stacked, gradients, scratch: 8 * merged }));
  const again = stacked + (adapts(qkv) ? width : 0);
  through('attention', qkv, left, again, at.below);
  if (at.below) moments.push(moment('attention', { saved: left, temporary: base + again + width + stream, gradients }));
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
