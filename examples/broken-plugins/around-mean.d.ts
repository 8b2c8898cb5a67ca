import type { Aggregator, Fold, FoldContext, ServerState } from '@perfit/aggregation';
import type { Plugin } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';

export function aggregatorPlugin(name: string, make: () => Aggregator): Plugin<DependencyContainer>;
export function foldedMean(
  around: (inner: Fold, state: ServerState, context: FoldContext) => Partial<Fold>,
): Aggregator;
