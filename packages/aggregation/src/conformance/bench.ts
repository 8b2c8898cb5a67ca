import type { Layout } from '@perfit/lora';
import type { Aggregator, AggregatorDemands, Update } from '../contract.js';
import { nextRound, type Server, sampleLayout, sampleUpdates, startServer } from './federation.js';

/** What {@link testAggregator} cannot assume of every rule. */
export interface AggregatorTraits {
  /** Whether an update counts by its examples; false for medians and the like. Default true. */
  readonly weighted?: boolean;
  /** Updates that a round needs; fewer are refused, none leaves the state as it was. Default 1. */
  readonly minimumClients?: number;
  /** Whether the state may hold something of every client. Default false. */
  readonly perClient?: boolean;
}

/** What the parts of the conformance suite share: the rule, a layout, updates as the rule demands them. */
export interface Bench {
  readonly make: () => Aggregator;
  readonly traits: Required<AggregatorTraits>;
  readonly demands: AggregatorDemands;
  readonly layout: Layout;
  /** Updates of `clients` clients, or of as many as a round needs. */
  readonly sample: (clients: number, density: number, seed: number) => Update[];
  /** Five clients, or more where a round needs them. */
  readonly updates: readonly Update[];
  /** The server after a first round. */
  readonly after: (updates: readonly Update[], aggregator?: Aggregator) => Server;
}

/** @param make is called once here, for what the rule demands. */
export function benchOf(make: () => Aggregator, traits: AggregatorTraits): Bench {
  const layout = sampleLayout();
  const { demands = {} } = make();
  const filled = { weighted: true, minimumClients: 1, perClient: false, ...traits };
  const sample = (clients: number, density: number, seed: number) =>
    sampleUpdates(layout, Math.max(clients, filled.minimumClients), density, seed, demands);
  return {
    make,
    traits: filled,
    demands,
    layout,
    sample,
    updates: sample(5, 0.6, 1),
    after: (updates, aggregator = make()) => nextRound(aggregator, layout, startServer(aggregator, layout), updates),
  };
}
