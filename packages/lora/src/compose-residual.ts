import { union } from './architecture-algebra.js';
import { type CompactAdapter, embedAdapter } from './compact-ranks.js';
import type { LowRankFactor, Site } from './contract.js';
import { errors } from './errors.js';
import { inferSite } from './infer-site.js';
import { createLayout, slotsBySite } from './layout.js';
import { componentArchitecture } from './ranks.js';

/** The site of a factor: one that is known, or one that its name and shape tell. */
function siteOf({ site: name, rank, A, B }: LowRankFactor, known: ReadonlyMap<string, Site>): Site {
  const site = known.get(name) ?? inferSite(name, A.length / rank, B.length / rank);
  const whole = Number.isInteger(site.in) && Number.isInteger(site.out);
  if (whole && A.length === rank * site.in && B.length === rank * site.out) return site;
  throw errors.make('shape-mismatch', {
    what:
      `a residual of rank ${rank} of "${name}" has ${A.length} and ${B.length} entries` +
      (known.has(name) ? `, the adapter has in=${site.in}, out=${site.out}` : ''),
    cure: 'Use factors that were made for this model: A of rank · in entries, B of out · rank',
  });
}

/**
 * The adapter whose change of every frozen weight is the adapter's and the residual's together, σBA + Σ BᵣAᵣ: ranks
 * concatenated site by site, [A; Aᵣ] and [B, Bᵣ/σ]. Residual positions are live, the adapter's own stay as they are;
 * sites that only the residual has are added.
 *
 * So an adapter whose method changed the frozen weights becomes a plain one for the unchanged model. Of a start that was
 * subtracted, with `lowRankFactors(layout, start.values, -scale)`, that is [A; A₀] and [B, −B₀], as PEFT converts PiSSA
 * and OLoRA. A rank may exceed min(in, out): see {@link capRanks}.
 *
 * @throws `bad-scale` where σ = 0 or is not finite; `shape-mismatch`
 * @example
 * const plain = composeResidual({ layout, values, architecture, scale }, lowRankFactors(layout, start.values, -scale));
 * writeAdapter(directory, { ...plain, scale, baseModel });
 */
export function composeResidual(
  adapter: CompactAdapter & { readonly scale: number },
  residual: readonly LowRankFactor[],
): CompactAdapter {
  const { layout, scale } = adapter;
  if (scale === 0 || !Number.isFinite(scale))
    throw errors.make('bad-scale', {
      what: `a residual cannot stand beside an adapter of scale ${scale}`,
      cure: 'Use the scale that the adapter was trained with',
    });
  const sites = new Map(layout.sites.map((site) => [site.name, site]));
  const factors = new Map<string, LowRankFactor[]>();
  for (const factor of residual.filter(({ rank }) => rank > 0)) {
    sites.set(factor.site, siteOf(factor, sites));
    factors.set(factor.site, [...(factors.get(factor.site) ?? []), factor]);
  }
  const ownRanks = new Map(slotsBySite(layout).map(({ site, A }) => [site.name, A.rows]));
  const own = ({ name }: Site) => ownRanks.get(name) ?? 0;
  const added = ({ name }: Site) => factors.get(name) ?? [];
  const composed = createLayout([...sites.values()], (site) =>
    added(site).reduce((sum, { rank }) => sum + rank, own(site)),
  );
  const { values, architecture } = embedAdapter(adapter, composed);
  for (const { site, A, B } of slotsBySite(composed)) {
    let from = own(site);
    for (const factor of added(site)) {
      values.set(factor.A, A.offset + from * A.columns);
      factor.B.forEach((value, i) => {
        const [o, k] = [Math.floor(i / factor.rank), i % factor.rank];
        values[B.offset + o * B.columns + from + k] = value / scale;
      });
      from += factor.rank;
    }
  }
  const residualPositions = componentArchitecture(composed, (rank, site) => [own(site), rank]);
  return { layout: composed, values, architecture: union(architecture, residualPositions) };
}
