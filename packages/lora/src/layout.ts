import type { Layout, Site, Slot } from './contract.js';
import { errors } from './errors.js';

/** A factor's name in a PEFT file. */
export function factorName(site: string, factor: 'A' | 'B'): string {
  return `base_model.model.${site}.lora_${factor}.weight`;
}

function check(sites: readonly Site[]): void {
  const cure = 'Give every site its own name and positive whole sizes';
  const names = new Set<string>();
  for (const { name, in: columns, out } of sites) {
    if (names.has(name)) throw errors.make('bad-layout', { what: `two sites are named "${name}"`, cure });
    if (![columns, out].every((size) => Number.isSafeInteger(size) && size > 0))
      throw errors.make('bad-layout', { what: `"${name}" has in=${columns}, out=${out}`, cure });
    names.add(name);
  }
}

/**
 * Lays the adapters of `sites` out in one flat vector: slots A `[R, in]` and B `[out, R]`, sorted by PEFT name.
 *
 * @param rank R for every site; or a function of the site, for adapters that were compacted: `layout.rank` is then the
 * largest, and a site of rank 0 is left out.
 * @throws `bad-layout`
 * @example
 * const layout = createLayout([{ name: 'model.layers.0.self_attn.q_proj', layer: 0, in: 4, out: 4, flops: 32 }], 2);
 * layout.size; // 16
 */
export function createLayout(sites: readonly Site[], rank: number | ((site: Site) => number)): Layout {
  check(sites);
  const ranks = new Map(sites.map((site) => [site, typeof rank === 'number' ? rank : rank(site)]));
  const largest = typeof rank === 'number' ? rank : Math.max(0, ...ranks.values());
  for (const own of [largest, ...ranks.values()])
    if (!Number.isSafeInteger(own) || own < (typeof rank === 'number' ? 1 : 0))
      throw errors.make('bad-layout', { what: `a layout got the rank ${own}`, cure: 'Give a positive whole rank' });
  const factors = sites
    .filter((site) => ranks.get(site) !== 0)
    .flatMap((site) => (['A', 'B'] as const).map((factor) => ({ name: factorName(site.name, factor), site, factor })))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  let size = 0;
  const slots = factors.map(({ name, site, factor }): Slot => {
    const own = ranks.get(site) as number;
    const [rows, columns] = factor === 'A' ? [own, site.in] : [site.out, own];
    const offset = size;
    size += rows * columns;
    return { name, site, factor, offset, rows, columns, size: rows * columns };
  });
  return { sites: slots.filter(({ factor }) => factor === 'A').map(({ site }) => site), rank: largest, slots, size };
}

/** Both factors of one site. */
export interface SiteSlots {
  readonly site: Site;
  readonly A: Slot;
  readonly B: Slot;
}

/** The factors of every site, in the order of the layout's sites. */
export function slotsBySite(layout: Layout): readonly SiteSlots[] {
  const ofB = new Map(layout.slots.filter(({ factor }) => factor === 'B').map((slot) => [slot.site.name, slot]));
  return layout.slots
    .filter(({ factor }) => factor === 'A')
    .map((A) => ({ site: A.site, A, B: ofB.get(A.site.name) as Slot }));
}

/** K, the parameters of plain LoRA of one rank over the sites: Σ r · (in + out). */
export function parametersAtRank(sites: readonly Site[], rank: number): number {
  return sites.reduce((sum, site) => sum + rank * (site.in + site.out), 0);
}
