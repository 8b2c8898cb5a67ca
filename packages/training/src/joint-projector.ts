import type { ProjectionGroup, Projector } from '@perfit/models';
import type { Engine, LowRankTerm, Tensor } from '@perfit/tensorflow';
import type { AdaptedProjector } from './adapted-projector.js';
import type { FrozenWeights } from './frozen.js';

/** One adapter, and how many rows are its own: of products over all tokens, and of those over the loss positions alone. */
export interface JointMember {
  readonly projector: AdaptedProjector;
  readonly tokens: number;
  readonly losses: number;
}

/**
 * Several adapters over one pass of the frozen model, each on its own rows, which lie one after the other. The frozen
 * product is taken over all rows at once, and with it one low-rank term: the members' factors side by side,
 *
 * y = x Wᵀ + U [B_1 … B_m]ᵀ, U `[N, Σ R]` with u_i in member i's rows and columns and 0 elsewhere,
 *
 * so that a row's result is its own adapter's, up to the order in which a product adds up. Owns nothing.
 */
export function jointProjector(engine: Engine, frozen: FrozenWeights, members: readonly JointMember[]): Projector {
  const tokens = members.map((member) => member.tokens);
  const losses = members.map((member) => member.losses);
  const all = tokens.reduce((a, b) => a + b, 0);
  // The last token of an example carries no loss, so the two sums differ.
  const sizesOf = (rows: Tensor) => (rows.shape[0] === all ? tokens : losses);

  /** Each member's terms on its own rows, as one term over all; undefined where nobody adapts the group. */
  const joined = (rows: readonly number[], terms: readonly (LowRankTerm | undefined)[], axis: 0 | 1) => {
    const ranks = terms.map((term) => term?.left.shape[1] ?? 0);
    const rank = ranks.reduce((a, b) => a + b, 0);
    if (rank === 0) return undefined;
    let before = 0;
    const lefts = terms.map((term, member) => {
      if (!term) return engine.upload(new Float32Array(rows[member]! * rank), [rows[member]!, rank]);
      const own = ranks[member]!;
      const padded = engine.pad(term.left, [
        [0, 0],
        [before, rank - before - own],
      ]);
      before += own;
      return padded;
    });
    const left = engine.concat(lefts, 0);
    const rights = terms.flatMap((term) => (term ? [term.right] : []));
    const right = engine.concat(rights, axis);
    engine.dispose(...lefts, ...terms.map((term) => term?.left));
    return { left, right };
  };
  const end = (term: LowRankTerm | undefined): void => engine.dispose(term?.left, term?.right);

  const adapts = (group: ProjectionGroup) => members.some(({ projector }) => projector.adapts(group));
  return {
    adapts,
    changes: (group) => members.some(({ projector }) => projector.changes(group)),
    project: (group, x) => {
      if (!adapts(group)) return engine.linear(x, frozen.weight(group));
      const sizes = sizesOf(x);
      const parts = engine.split(x, sizes, 0);
      const terms = members.map(({ projector }, member) => projector.term(group, parts[member]!));
      engine.dispose(...parts);
      const term = joined(sizes, terms, 1);
      const y = engine.linear(x, frozen.weight(group), term);
      end(term);
      return y;
    },
    backproject: (group, x, dy, wantsInput) => {
      if (!x || !adapts(group)) return wantsInput ? engine.linearBackward(dy, frozen.weight(group)) : undefined;
      const sizes = sizesOf(dy);
      const [inputs, gradients] = [engine.split(x, sizes, 0), engine.split(dy, sizes, 0)];
      const terms = members.map(({ projector }, member) =>
        projector.backwardTerm(group, inputs[member]!, gradients[member]!),
      );
      engine.dispose(...inputs, ...gradients);
      const term = joined(sizes, terms, 0);
      const dx = wantsInput ? engine.linearBackward(dy, frozen.weight(group), term) : undefined;
      end(term);
      return dx;
    },
  };
}
