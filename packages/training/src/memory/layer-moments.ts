import { batchBytes, type Moment, moment } from './moment.js';
import { elementBytes, type GroupName, type GroupSize, type PassSize } from './sizes.js';

/** Bytes of what is gathered of one position: its gradient, and with `fisher` its square by example. */
export const gatheredBytes = (fisher: boolean): number => (fisher ? 8 : 4);

/** The backward of one layer, from the gradient `[rows, H]` of its output on. */
export function layerMoments(
  size: PassSize,
  groups: Readonly<Record<GroupName, GroupSize>>,
  at: {
    readonly saved: number;
    readonly rows: number;
    readonly gradients: number;
    /** Whether squares are gathered beside gradients. */
    readonly fisher: boolean;
    readonly below: boolean;
  },
): readonly Moment[] {
  const { config, dtype, tokens } = size;
  const { rows, fisher } = at;
  const perPosition = gatheredBytes(fisher);
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
    const low = 4 * count * group.rank;
    const held = base + temporary + low;
    const stacked = perPosition * group.rank * (group.in + group.out);
    // Squares are made of widened copies, which end before the gradients of the stacked factors are cut into slots.
    if (adapts(group) && fisher)
      moments.push(
        moment(name, { saved, temporary: held + low + count * wide * (group.in + group.out) + stacked, gradients }),
      );
    gradients += perPosition * group.positions;
    if (adapts(group)) moments.push(moment(name, { saved, temporary: held + stacked, gradients, scratch: low }));
    // The gradients of the stacked factors end before the frozen product.
    const dx = wanted ? count * group.in * d : 0;
    moments.push(moment(name, { saved, temporary: held + dx, gradients, scratch }));
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
