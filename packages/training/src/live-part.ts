import { type Architecture, type Compaction, compactLayout, fullArchitecture, type Layout } from '@perfit/lora';
import type { Engine, Tensor } from '@perfit/tensorflow';
import { type AdaptedProjector, createAdaptedProjector } from './adapted-projector.js';
import type { FrozenWeights } from './frozen.js';

/**
 * What of an adapter is computed with: the rank components that have a live position, as a smaller layout `[P']` of its
 * own. The others add nothing and have no gradient, so leaving them out changes no result; sites without any vanish
 * from forward and backward, and vectors over the layout shrink. Owns its projector.
 */
export interface LivePart extends Compaction {
  readonly projector: AdaptedProjector;
}

/** Opens the live part of an architecture; of one without a live position the whole layout, since some layout must be. */
export function openLivePart(
  engine: Engine,
  layout: Layout,
  architecture: Architecture,
  adapter: { readonly scale: number; readonly frozen: FrozenWeights },
): LivePart {
  const compaction = compactLayout(layout, architecture.live > 0 ? architecture : fullArchitecture(layout.size));
  return { ...compaction, projector: createAdaptedProjector(engine, { ...adapter, layout: compaction.layout }) };
}

/** Moves vectors `[P']` over one live part to another, on the engine: what the other does not keep goes, what is new there is 0. */
export interface LivePartMove {
  /** Consumes a vector over the old part, returns it over the new one. */
  readonly move: (tensor: Tensor) => Tensor;
  readonly dispose: () => void;
}

/** How vectors follow from one live part to another; undefined where both keep the same. */
export function moveBetween(engine: Engine, whole: Layout, from: Compaction, to: Compaction): LivePartMove | undefined {
  if (!from.positions && !to.positions) return undefined;
  const [size, next] = [from.layout.size, to.layout.size];
  // Where in the old part each position of the new one is; past its end where it is not.
  const placeOf = new Int32Array(whole.size).fill(size);
  for (let p = 0; p < size; p++) placeOf[from.positions ? from.positions[p]! : p] = p;
  const places = new Int32Array(next);
  let stays = next === size;
  for (let p = 0; p < next; p++) {
    places[p] = placeOf[to.positions ? to.positions[p]! : p]!;
    stays &&= places[p] === p;
  }
  if (stays) return undefined;
  const index = engine.upload(places, [next]);
  return {
    move: (tensor) => {
      // One more row, of 0, for those that are nowhere.
      const padded = engine.pad(tensor, [[0, 1]]);
      const rows = engine.reshape(padded, [size + 1, 1]);
      const gathered = engine.gather(rows, index);
      const moved = engine.reshape(gathered, [next]);
      engine.dispose(tensor, padded, rows, gathered);
      return moved;
    },
    dispose: () => engine.dispose(index),
  };
}
