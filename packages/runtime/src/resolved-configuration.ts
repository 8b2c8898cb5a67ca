import { basename } from 'node:path';
import type { Configuration } from './configuration.js';
import type { MethodPlan } from './method-plan.js';
import type { ResolvedStrategy } from './strategies.js';

/** Digests of what a run read. */
export interface Digests {
  readonly model: string;
  readonly data: string;
}

/** Strategies outside of the methods, resolved. */
export interface WorldStrategies {
  readonly sampler: ResolvedStrategy<unknown>;
  readonly partitioner: ResolvedStrategy<unknown>;
}

/** The configuration that repeats one method's run: every default and option written out, with the digests of model and data. */
export function resolvedConfiguration(
  configuration: Configuration,
  plans: readonly MethodPlan[],
  world: WorldStrategies,
  digests: Digests,
) {
  const model = typeof configuration.model === 'string' ? { path: configuration.model } : configuration.model;
  const data = typeof configuration.data === 'string' ? { path: configuration.data } : configuration.data;
  return {
    ...configuration,
    model: { ...model, sha256: digests.model },
    data: { ...data, sha256: digests.data },
    sampler: world.sampler.reference,
    partitioner: world.partitioner.reference,
    methods: plans.map((plan) => plan.entry),
  };
}

/** The same without paths: `summary.json` is then the same bits wherever the files lie. */
export function withoutPaths(resolved: ReturnType<typeof resolvedConfiguration>): unknown {
  return {
    ...resolved,
    model: { ...resolved.model, path: basename(resolved.model.path) },
    data: { ...resolved.data, path: basename(resolved.data.path) },
  };
}
