import { type Layout, slotsBySite } from '@perfit/lora';
import type { ProjectionGroup, Site } from '@perfit/models';
import type { Engine, Tensor } from '@perfit/tensorflow';
import type { LowRankFactor } from './contract.js';
import { errors } from './errors.js';
import { groupKey } from './group-plan.js';

/** The frozen weights that training multiplies by: the backbone's own, or copies with low-rank factors added. */
export interface FrozenWeights {
  /** Borrowed: belongs to the backbone or to this record. */
  readonly weight: (group: ProjectionGroup) => Tensor;
  /** Adds `scale · B A` to the frozen weights, for good; the backbone's own tensors stay as they are. */
  readonly fold: (factors: readonly LowRankFactor[], scale: number) => void;
  readonly dispose: () => void;
}

/** Frozen weights of a backbone with these sites. A group is copied at its first use after a fold, not before. */
export function frozenWeights(engine: Engine, sites: readonly Site[]): FrozenWeights {
  const known = new Map(sites.map((site) => [site.name, site]));
  const pending = new Map<string, { factor: LowRankFactor; scale: number }[]>();
  const copies = new Map<string, Tensor>();

  const change = ({ name, in: width, out }: Site): Tensor => {
    const parts = (pending.get(name) ?? []).map(({ factor: { rank, A, B }, scale }) => {
      const a = engine.upload(A, [rank, width]);
      const b = engine.upload(scale === 1 ? B : B.map((value) => value * scale), [out, rank]);
      const product = engine.matmul(b, a);
      engine.dispose(a, b);
      return product;
    });
    pending.delete(name);
    if (parts.length === 0) return engine.upload(new Float32Array(out * width), [out, width]);
    if (parts.length === 1) return parts[0]!;
    const sum = engine.addN(parts);
    engine.dispose(...parts);
    return sum;
  };

  return {
    weight: (group) => {
      const key = groupKey(group);
      const before = copies.get(key) ?? group.weight;
      if (!group.sites.some(({ name }) => pending.has(name))) return before;
      const changes = group.sites.map(change);
      const whole = engine.concat(changes, 0);
      const wide = engine.cast(before, 'f32');
      const sum = engine.add(wide, whole);
      const after = engine.cast(sum, before.dtype);
      engine.dispose(...changes, whole, wide, sum, copies.get(key));
      copies.set(key, after);
      return after;
    },
    fold: (factors, scale) => {
      for (const factor of factors) {
        const site = known.get(factor.site);
        const { rank, A, B } = factor;
        if (!site || A.length !== rank * site.in || B.length !== site.out * rank)
          throw errors.make('bad-factor', {
            what: site
              ? `the factors of ${site.name} have ${A.length} and ${B.length} entries, rank ${rank} of [${site.out}, ${site.in}] needs ${rank * site.in} and ${site.out * rank}`
              : `the backbone has no projection ${factor.site}`,
            cure: 'Fold factors that were made for this model',
          });
        pending.set(site.name, [...(pending.get(site.name) ?? []), { factor, scale }]);
      }
    },
    dispose: () => {
      engine.dispose(...copies.values());
      copies.clear();
      pending.clear();
    },
  };
}

/** The A and B of every site out of flat values: what a start is subtracted with. */
export function factorsOf(layout: Layout, values: Float32Array): readonly LowRankFactor[] {
  return slotsBySite(layout).map(({ site, A, B }) => ({
    site: site.name,
    rank: A.rows,
    A: values.subarray(A.offset, A.offset + A.size),
    B: values.subarray(B.offset, B.offset + B.size),
  }));
}
