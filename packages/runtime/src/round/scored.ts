import type { LoopState } from './loop-state.js';

/** Whether what a round distributed is scored. */
export function isScored({ context: { configuration } }: LoopState, round: number): boolean {
  const { rounds, evaluation } = configuration;
  return round === rounds || (evaluation.every > 0 && round % evaluation.every === 0);
}

/**
 * Whether what the next local steps make of a round's adapters is scored: where the round itself is, and after the last
 * one also where the method ends in them.
 */
export function localStepsAreScored(state: LoopState, round: number): boolean {
  const { configuration, plan } = state.context;
  if (!plan.method.trains || plan.method.pools) return false;
  if (configuration.evaluation.localSteps) return isScored(state, round);
  return round === configuration.rounds && plan.method.keeps === 'local';
}
