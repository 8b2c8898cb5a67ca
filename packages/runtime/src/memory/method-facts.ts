import type { Layout } from '@perfit/lora';
import { type ModelConfig, sitesOf } from '@perfit/models';
import type { LocalUpdate } from '@perfit/training';
import type { FederatedData } from '../client-data.js';
import type { Configuration } from '../configuration.js';
import type { Sampler } from '../contract.js';
import type { MethodPlan } from '../method-plan.js';
import { randomStreams } from '../random-streams.js';
import { layOut } from '../run-context.js';
import { hostBytes, rowBytes } from './host-bytes.js';
import { startIsSubtracted } from './start-subtracted.js';

/** What a run's memory is planned from; nothing of it holds a weight. */
export interface PlannedRun {
  readonly configuration: Configuration;
  readonly plans: readonly MethodPlan[];
  readonly config: ModelConfig;
  readonly data: FederatedData;
  readonly sampler: Sampler;
}

/** What of a method decides its memory, whatever the batch and the element type. */
export interface MethodFacts {
  readonly name: string;
  readonly layout: Layout;
  readonly trains: boolean;
  /** Whether one client trains on the rows of all. */
  readonly pools: boolean;
  /** Flat vectors `[P]` on the engine beside the training session's own, where as many clients step together. */
  readonly vectors: (clientsAtOnce: number) => number;
  readonly statistics: 'gradient' | 'fisher' | undefined;
  /** Whether changed copies of the frozen weights are held. */
  readonly changed: boolean;
  /** Bytes of plain arrays on the host. */
  readonly host: number;
}

/** Of a client that waits for others: values, anchor, mask, scales, two moments, the last gradient. */
const WAITING_VECTORS = 7;

/** What a local update rule keeps on the engine: what it is given, what it prepares (taken as one vector), and a sum of gradients. */
const ruleVectors = ({ receives = [], remembers = [], prepare, conclude }: LocalUpdate): number =>
  receives.length + remembers.length + (prepare ? 1 : 0) + (conclude ? 1 : 0);

/** Most clients that take part in a round: the sampler's draws depend on the seed alone. */
function mostParticipants({ configuration, data, sampler }: PlannedRun): number {
  const { seed, rounds } = configuration;
  const ids = data.clients.map(({ id }) => id);
  const streams = randomStreams(seed);
  const counts = Array.from(
    { length: rounds },
    (_, index) => sampler.sample(ids, index + 1, streams.stream('sample', '', index + 1)).length,
  );
  return Math.max(1, ...counts);
}

/** Reads off the parts of a run's methods what decides their memory. */
export function methodFacts(run: PlannedRun): readonly MethodFacts[] {
  const shared = { rows: rowBytes(run.data), participants: mostParticipants(run) };
  return run.plans.map((plan) => factsOf(run, plan, shared));
}

function factsOf(
  { configuration, config, data }: PlannedRun,
  plan: MethodPlan,
  { rows, participants }: { readonly rows: number; readonly participants: number },
): MethodFacts {
  const { layout } = layOut({ configuration, data, backbone: { sites: sitesOf(config) } }, plan);
  const { method, personalization, search } = plan;
  const aggregator = plan.aggregator.make();
  const rules = Array.from({ length: configuration.rounds + 1 }, (_, index) =>
    personalization
      .phases({ round: index + 1, rounds: configuration.rounds })
      .map(({ localUpdate }) => localUpdate ?? plan.localUpdate.make()),
  ).flat();
  const rule = Math.max(0, ...rules.map(ruleVectors));
  const fisher = search?.importance.make().needs.includes('fisher') ?? false;
  const statistics = search ? (fisher ? 'fisher' : 'gradient') : undefined;
  // Clients that search one common architecture, or step together, are on the engine together, each with what it has gathered.
  const waiting = (clientsAtOnce: number): number => {
    if (search?.scope === 'federation') return participants - 1;
    return method.pools ? 0 : Math.min(clientsAtOnce, participants) - 1;
  };
  // Statistics of passes of their own are taken through a projector of their own.
  const apart = search?.statistics === 'separate' ? 1 : 0;
  return {
    name: plan.name,
    layout,
    trains: method.trains,
    pools: method.pools ?? false,
    vectors: (clientsAtOnce) => apart + rule + waiting(clientsAtOnce) * (WAITING_VECTORS + rule + (fisher ? 2 : 1)),
    statistics,
    changed:
      method.trains &&
      (aggregator.residual !== undefined || startIsSubtracted(plan.initialization.make(), layout.rank)),
    host: hostBytes({
      ...{ plan, layout, aggregator, rules, rows, participants },
      clients: data.clients.length,
      rounds: configuration.rounds,
    }),
  };
}
