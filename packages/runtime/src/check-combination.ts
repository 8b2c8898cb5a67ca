import { errors } from './errors.js';
import type { MethodPlan } from './method-plan.js';

/**
 * Refuses parts that do not go together, before anything loads; the reason says which two and why.
 *
 * @throws `invalid-combination`
 */
export function checkCombination(plan: MethodPlan): void {
  const { name, entry, search, method } = plan;
  if (!method.trains) return;
  const nameOf = (key: 'aggregator' | 'granularity' | 'localUpdate' | 'travel' | 'trainable' | 'adoption') =>
    (entry[key] as { name: string } | undefined)?.name ?? 'default';
  const refuse = (what: string, cure: string) =>
    errors.make('invalid-combination', { what: `method '${name}': ${what}`, cure });
  const aggregator = plan.aggregator.make();
  const localUpdate = plan.localUpdate.make();
  const { demands = {} } = aggregator;
  const rule = `aggregator '${aggregator.name}'`;

  if (demands.components && search && !search.granularity.make().components)
    throw refuse(
      `${rule} takes products BA, and granularity '${nameOf('granularity')}' prunes single positions of A and B`,
      "Use granularity 'rank', or another aggregator",
    );
  if (demands.everythingTravels && nameOf('travel') !== 'all')
    throw refuse(`${rule} needs all of A and B, and travel is '${nameOf('travel')}'`, "Use travel 'all'");
  const missing = (demands.vectors ?? []).find((vector) => !localUpdate.sends?.includes(vector));
  if (missing !== undefined)
    throw refuse(
      `${rule} needs '${missing}' from every client, which localUpdate '${nameOf('localUpdate')}' does not send`,
      `Use the localUpdate that sends it`,
    );
  const lacking = (localUpdate.receives ?? []).find((vector) => !aggregator.sends?.includes(vector));
  if (lacking !== undefined)
    throw refuse(
      `localUpdate '${nameOf('localUpdate')}' needs '${lacking}' from the server, which ${rule} does not send`,
      'Use the aggregator that sends it',
    );
  if (aggregator.residual && nameOf('adoption') !== 'replace')
    throw refuse(
      `${rule} changes the frozen weights, so that a client's own adapter no longer fits them, and adoption is '${nameOf('adoption')}'`,
      "Use adoption 'replace'",
    );
  if (search && nameOf('trainable') !== 'all' && nameOf('trainable') !== 'default')
    throw refuse(
      `a search prunes what trains, and trainable is '${nameOf('trainable')}'`,
      "Use trainable 'all' with a search; what travels may be less",
    );
  const phases = plan.personalization.phases({ round: 1, rounds: 1 });
  if (search && !phases.some(({ adapter, share }) => adapter === 'shared' && share >= 1))
    throw refuse(
      `a search needs a round's steps on the shared adapter, and personalization '${plan.personalization.name}' gives it none`,
      "Use personalization 'none' or 'ditto' with a search",
    );
}
