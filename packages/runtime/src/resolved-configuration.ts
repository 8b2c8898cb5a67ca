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
  // One order of keys, whatever order they were written in: the file is compared byte by byte.
  const { path, sha256: _, ...given } = data as Exclude<Configuration['data'], string>;
  const limits = Object.fromEntries(Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1)));
  const { algorithm: __, ...rest } = configuration;
  return {
    ...rest,
    model: { path: model.path, sha256: digests.model },
    data: { path, sha256: digests.data, ...limits },
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
