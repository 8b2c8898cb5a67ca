import {
  type AdapterState,
  applyArchitecture,
  createLayout,
  type Layout,
  parametersAtRank,
  rankArchitecture,
  type Site,
  type Start,
  selectSites,
} from '@perfit/lora';
import type { Backbone } from '@perfit/models';
import { dealBudgets } from '@perfit/nas';
import type { Engine } from '@perfit/tensorflow';
import { createTrainer, type LearningRateSchedule, type Trainer } from '@perfit/training';
import type { FederatedData } from './client-data.js';
import type { Configuration } from './configuration.js';
import type { RandomStreams } from './contract.js';
import { errors } from './errors.js';
import { learningRateSchedule } from './learning-rate.js';
import type { MethodPlan } from './method-plan.js';
import type { MethodSteps } from './reuse/reuse-steps.js';

/** What all methods of a run share: one frozen model, one deal of the data, one seed. */
export interface SharedContext {
  readonly configuration: Configuration;
  readonly engine: Engine;
  readonly backbone: Backbone;
  readonly data: FederatedData;
  readonly streams: RandomStreams;
}

/** What one method's run needs beside the shared part. Owns the trainer. */
export interface MethodContext extends SharedContext {
  readonly plan: MethodPlan;
  readonly layout: Layout;
  /** σ = α / r₀, the same for the whole federation. */
  readonly scale: number;
  readonly start: Start;
  readonly trainer: Trainer;
  readonly learningRate: LearningRateSchedule;
  /** K of a client. */
  readonly budget: (client: string) => number;
  /** A client's dense expanded start. */
  readonly denseStart: (client: string) => AdapterState;
  /** Local steps that another run may have taken. */
  readonly takenSteps?: MethodSteps;
}

/** Ranks above this are a slip of the pen: no site of a model in use has full rank above it. */
const LARGEST_RANK = 8192;

/** What a layout is decided by: of the model its sites, and no weight. */
export interface LayoutContext extends Pick<SharedContext, 'configuration' | 'data'> {
  readonly backbone: Pick<Backbone, 'sites'>;
}

/** Lays out a method's adapter space: its sites, and each client's rank and expanded rank. */
export function layOut({ configuration, backbone, data }: LayoutContext, plan: MethodPlan) {
  const sites: readonly Site[] = selectSites(backbone.sites, configuration.targets);
  const ids = data.clients.map(({ id }) => id);
  const stranger = Object.keys(configuration.clients).find((id) => !ids.includes(id));
  if (stranger !== undefined) {
    throw errors.make('invalid-configuration', {
      what: `clients names '${stranger}', the data has ${ids.join(', ')}`,
      cure: 'Correct the name',
    });
  }
  const rankOf = (client: string) => configuration.clients[client]?.rank ?? plan.rank;
  const expandedRankOf = (client: string) => {
    const expansion = plan.search ? (configuration.clients[client]?.expansion ?? plan.expansion) : 1;
    const expanded = expansion * rankOf(client);
    if (!Number.isInteger(expanded) || expanded > LARGEST_RANK) {
      throw errors.make('over-budget', {
        what: `client ${client} has rank ${rankOf(client)} × expansion ${expansion} = ${expanded}`,
        cure: `Choose rank and expansion so that their product is a whole number up to ${LARGEST_RANK}`,
      });
    }
    return expanded;
  };
  const layout = createLayout(sites, Math.max(...ids.map(expandedRankOf)));
  return { sites, layout, rankOf, expandedRankOf };
}

/** K of every client: of a search by the budget rule, else what plain LoRA of its rank has. */
function budgetsOf(
  { data }: SharedContext,
  plan: MethodPlan,
  size: { readonly parameters: (client: string) => number; readonly dense: (client: string) => number },
): (client: string) => number {
  if (!plan.search) return size.parameters;
  const rule = plan.search.budget.make();
  const inputs = data.clients.map(({ id, train }) => ({
    client: id,
    examples: train.length,
    lossTokens: train.lossTokens,
    parameters: size.parameters(id),
    dense: size.dense(id),
  }));
  const budgets = dealBudgets(rule, inputs);
  const of = new Map(inputs.map(({ client }, index) => [client, budgets[index]!]));
  return (client) => of.get(client)!;
}

/** Lays out a method, makes θ₀, and opens its trainer. */
export function openMethod(shared: SharedContext, plan: MethodPlan): MethodContext {
  const { configuration, backbone, streams, engine } = shared;
  const { sites, layout, rankOf, expandedRankOf } = layOut(shared, plan);
  const scale = configuration.alpha / configuration.rank;
  const start = plan.initialization
    .make()
    .initialize({ layout, random: streams.stream('start'), scale, frozen: backbone.frozen });
  const smaller = shared.data.clients.find(({ id }) => expandedRankOf(id) < layout.rank);
  if (start.subtracted && smaller)
    throw errors.make('invalid-combination', {
      what: `method '${plan.name}': its start is subtracted at rank ${layout.rank}, and client ${smaller.id} has ${expandedRankOf(smaller.id)} of it, so that it would not start at the model`,
      cure: "Give every client one rank, or use an initialization whose product is 0, such as 'symmetric'",
    });
  const trainer = createTrainer({
    engine,
    backbone,
    layout,
    scale,
    start,
    checkpointing: configuration.activationCheckpointing,
  });
  return {
    ...shared,
    plan,
    layout,
    scale,
    start,
    trainer,
    // One more set of steps than rounds: the last one only measures.
    learningRate: learningRateSchedule(plan.learningRate, (configuration.rounds + 1) * configuration.steps),
    budget: budgetsOf(shared, plan, {
      parameters: (client) => parametersAtRank(sites, rankOf(client)),
      dense: (client) => parametersAtRank(sites, expandedRankOf(client)),
    }),
    denseStart: (client) => {
      const architecture = rankArchitecture(layout, expandedRankOf(client));
      return { values: applyArchitecture(start.values, architecture), architecture };
    },
  };
}
