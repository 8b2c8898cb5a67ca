import { type Architecture, type Compaction, compactLayout, fullArchitecture, type Layout } from '@perfit/lora';
import type { Engine } from '@perfit/tensorflow';
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
