import { errors } from '../errors.js';
import { fits, fittingSettings } from './fitting-settings.js';
import { type MemoryLimit, memoryLimit, type PlannedEngine } from './machine.js';
import type { PlannedRun } from './method-facts.js';
import { type MemorySettings, type MethodMemory, memoryPlanner } from './plan-memory.js';

/** What a run will need, and whether this machine has it. */
export interface MemoryPlan {
  readonly fits: boolean;
  readonly limit: MemoryLimit;
  readonly settings: MemorySettings;
  /** One after the other: what the run needs is what the largest needs. */
  readonly methods: readonly MethodMemory[];
  /** Changes of the configuration after which it fits; empty where it does, or nothing helps. */
  readonly cures: readonly Readonly<Partial<MemorySettings>>[];
}

/** Plans the memory of a run; loads nothing. */
export function planMemory(run: PlannedRun, engine: PlannedEngine, limit: MemoryLimit = memoryLimit()): MemoryPlan {
  const planner = memoryPlanner(run, engine);
  const { settings } = planner;
  // What lies on a GPU is bounded by its own memory, which is not known here.
  const enough = engine.gpu || fits(planner, settings, limit.bytes);
  const cures = enough ? [] : fittingSettings(planner, limit.bytes, engine.kind === 'native');
  return { fits: enough, limit, settings, methods: planner.under(settings), cures };
}

/** Bytes as a person reads them. */
export const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** What to do about a run that does not fit, in one sentence without a full stop. */
export function cureOf({ cures }: Pick<MemoryPlan, 'cures'>): string {
  const words = cures.map((change) =>
    Object.entries(change)
      .map(([key, value]) => `${key} ${value}`)
      .join(' with '),
  );
  const listed = words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : words[0];
  const set = listed
    ? `Set ${listed}`
    : 'Take a smaller model, rank or expansion: no other batchSize, maxTokens or dtype helps';
  return `${set}; if more memory can be had than that, say how much with --memory`;
}

/**
 * Refuses a run that its plan says cannot fit.
 *
 * @throws `does-not-fit`
 */
export function refuseUnlessFits(plan: MemoryPlan): void {
  if (plan.fits) return;
  const { name, peak } = plan.methods.reduce((most, next) => (next.peak.total > most.peak.total ? next : most));
  const has = plan.limit.source === 'given' ? '--memory allows' : 'this process can have';
  throw errors.make('does-not-fit', {
    what: `method '${name}' needs ${gibibytes(peak.total)} of memory (${peak.phase}, ${peak.moment}), ${has} ${gibibytes(plan.limit.bytes)}`,
    cure: cureOf(plan),
  });
}
