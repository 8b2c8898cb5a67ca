import type { Layout } from '@perfit/lora';
import type { ProjectionGroup } from '@perfit/models';

/** One adapted site of a group: its slots in the layout, and its rows in the group's stacked output. */
interface AdaptedSite {
  /** Index of the slot of A `[R, in]`, and of B `[out, R]`. */
  readonly a: number;
  readonly b: number;
  /** First row of the site in the group's `[Σ out, in]`. */
  readonly begin: number;
  readonly out: number;
  /** R of the site, and its first row in the stacked A `[Σ R, in]`. Ranks differ where an adapter was compacted. */
  readonly rank: number;
  readonly low: number;
}

/** Where the adapters of a group's sites lie. */
export interface GroupPlan {
  readonly adapted: readonly AdaptedSite[];
  readonly in: number;
  /** Σ out over all sites of the group, adapted or not. */
  readonly out: number;
  /** Σ R over the adapted sites. */
  readonly rank: number;
}

/** Key of a group: the name of its first site. */
export const groupKey = (group: ProjectionGroup): string => group.sites[0]!.name;

/** Plans groups over a layout, each once. */
export function groupPlanner(layout: Layout): (group: ProjectionGroup) => GroupPlan {
  const slots = new Map(layout.slots.map((slot, index) => [`${slot.site.name}/${slot.factor}`, index]));
  const plans = new Map<string, GroupPlan>();
  return (group) => {
    const key = groupKey(group);
    const known = plans.get(key);
    if (known) return known;
    const adapted: AdaptedSite[] = [];
    let begin = 0;
    let low = 0;
    for (const { name, out } of group.sites) {
      const a = slots.get(`${name}/A`);
      const b = slots.get(`${name}/B`);
      if (a !== undefined && b !== undefined) {
        const rank = layout.slots[a]!.rows;
        adapted.push({ a, b, begin, out, rank, low });
        low += rank;
      }
      begin += out;
    }
    const plan = { adapted, in: group.sites[0]!.in, out: begin, rank: low };
    plans.set(key, plan);
    return plan;
  };
}
