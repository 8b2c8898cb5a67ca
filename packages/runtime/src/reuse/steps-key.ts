import { createHash } from 'node:crypto';
import type { EngineDescription } from '@perfit/tensorflow';
import { withoutCostSettings } from '../configuration.js';
import type { MethodPlan } from '../method-plan.js';
import { withoutMethods } from '../plan-methods.js';
import type { resolvedConfiguration } from '../resolved-configuration.js';

/**
 * The key of a method's local steps: a digest of all that a run resolves to, but for what acts after them (aggregator,
 * server rule, adoption, travel, codec, attacks), for who is sampled, for what is scored, for what costs without changing
 * bits, and for names and paths. Null where they depend on other clients' (shared passes), or where there are none.
 */
export function stepsKey(
  resolved: ReturnType<typeof resolvedConfiguration>,
  plan: MethodPlan,
  engine: EngineDescription,
): string | null {
  if (!plan.method.trains || resolved.clientsAtOnce > 1) return null;
  const {
    name: _name,
    method: _method,
    aggregator: _aggregator,
    serverRule: _serverRule,
    adoption: _adoption,
    travel: _travel,
    codec: _codec,
    ...training
  } = plan.entry;
  // A method that says nothing of it has one adapter: written out, so that it shares with one that says so.
  const written: object = { personalization: { name: 'none' }, ...training };
  const sorted = Object.entries(written).sort(([a], [b]) => (a < b ? -1 : 1));
  const { sampler: _sampler, evaluation: _evaluation, ...common } = withoutCostSettings(withoutMethods(resolved));
  const { scored: _scored, ...validation } = resolved.validation;
  const model = { ...resolved.model, path: null };
  const data = { ...resolved.data, path: null };
  const clients = Object.entries(resolved.clients).flatMap(([id, { attack: _attack, ...size }]) =>
    Object.keys(size).length > 0 ? [[id, size]] : [],
  );
  const pools = plan.method.pools === true;
  return createHash('sha256')
    .update(
      JSON.stringify(['perfit-local-steps/1', { ...common, model, data, validation, clients }, sorted, pools, engine]),
    )
    .digest('hex');
}
