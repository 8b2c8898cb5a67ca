import type { LowRankFactor } from '@perfit/lora';
import type { ProjectionGroup, Site } from '@perfit/models';
import type { Engine, PackedMatrix, Tensor } from '@perfit/tensorflow';
import { errors } from './errors.js';
import { groupKey } from './group-plan.js';

/** The frozen weights that training multiplies by: the backbone's own, or copies with low-rank factors added. */
export interface FrozenWeights {
  /** Borrowed: belongs to the backbone or to this record. */
  readonly weight: (group: ProjectionGroup) => PackedMatrix;
  /** Whether a group's weight is another than the backbone's own. */
  readonly changed: (group: ProjectionGroup) => boolean;
  /** Adds Σ BA to the backbone's weights, in place of what was added before; the backbone's own tensors stay. */
  readonly change: (factors: readonly LowRankFactor[]) => void;
  readonly dispose: () => void;
}

/** Frozen weights of a backbone with these sites. A group is copied at its first use after a change, not before. */
export function frozenWeights(engine: Engine, sites: readonly Site[]): FrozenWeights {
  const known = new Map(sites.map((site) => [site.name, site]));
  const changes = new Map<string, readonly LowRankFactor[]>();
  const copies = new Map<string, PackedMatrix>();

  const productOf = ({ name, in: width, out }: Site): Tensor => {
    const parts = (changes.get(name) ?? []).map(({ rank, A, B }) => {
      const a = engine.upload(A, [rank, width]);
      const b = engine.upload(B, [out, rank]);
      const product = engine.matmul(b, a);
      engine.dispose(a, b);
      return product;
    });
    if (parts.length === 0) return engine.upload(new Float32Array(out * width), [out, width]);
    if (parts.length === 1) return parts[0]!;
    const sum = engine.addN(parts);
    engine.dispose(...parts);
    return sum;
  };
  const forget = () => {
    engine.dispose(...[...copies.values()].map(({ tensor }) => tensor));
    copies.clear();
  };

  const changed = ({ sites }: ProjectionGroup) => sites.some(({ name }) => changes.has(name));

  return {
    changed,
    weight: (group) => {
      const key = groupKey(group);
      const copy = copies.get(key);
      if (copy) return copy;
      if (!changed(group)) return group.weight;
      const products = group.sites.map(productOf);
      const whole = engine.concat(products, 0);
      const rows = Int32Array.from({ length: group.weight.shape[0] }, (_, row) => row);
      const indices = engine.upload(rows, [rows.length]);
      const before = engine.packedRows(group.weight, indices);
      const wide = engine.cast(before, 'f32');
      const sum = engine.add(wide, whole);
      const narrow = engine.cast(sum, group.weight.dtype);
      const after = engine.pack(narrow);
      engine.dispose(...products, whole, indices, before, wide, sum, narrow);
      copies.set(key, after);
      return after;
    },
    change: (factors) => {
      for (const factor of factors) checkFactor(known.get(factor.site), factor);
      forget();
      changes.clear();
      for (const factor of factors) changes.set(factor.site, [...(changes.get(factor.site) ?? []), factor]);
    },
    dispose: forget,
  };
}

function checkFactor(site: Site | undefined, { site: name, rank, A, B }: LowRankFactor): void {
  if (site && A.length === rank * site.in && B.length === site.out * rank) return;
  throw errors.make('bad-factor', {
    what: site
      ? `the factors of ${name} have ${A.length} and ${B.length} entries, rank ${rank} of [${site.out}, ${site.in}] needs ${rank * site.in} and ${site.out * rank}`
      : `the backbone has no projection ${name}`,
    cure: 'Add factors that were made for this model',
  });
}
