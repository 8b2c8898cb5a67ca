import type { Layout } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Granularity } from '../contract.js';
import { keepUnits, type Units } from '../keep-units.js';

function projections(layout: Layout): Units {
  const of = new Uint32Array(layout.size);
  const numbers = new Map(layout.sites.map(({ name }, i) => [name, i]));
  for (const { site, offset, size } of layout.slots) of.fill(numbers.get(site.name)!, offset, offset + size);
  return { of, count: layout.sites.length };
}

/**
 * Whole projections, A and B of one site: the best by mean score, the most that fit into `keep`. About one of e sites
 * keeps its adapter, at the full expanded rank; the others are the frozen model's. Ours.
 *
 * @throws `not-a-number`, `size-mismatch`
 */
export function site(): Granularity {
  return { name: 'site', components: true, select: (selection) => keepUnits(selection, projections(selection.layout)) };
}

/** Registers {@link site}. */
export const siteFactory = defineStrategy({
  kind: 'granularity',
  name: 'site',
  summary: 'Whole projections: some keep their adapter at the expanded rank, the others lose it.',
  optionsSchema: z.strictObject({}),
  make: () => site(),
});
