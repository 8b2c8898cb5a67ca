import { createLayout, intersect, parametersAtRank, type Site } from '@perfit/lora';
import type { MethodPlan } from './method-plan.js';

/** What a method costs a client, in units of FedIT's at the same rank: its parameters, its upload, its steps. */
export interface MethodCosts {
  /** Parameters that train in a round, mean over two rounds. */
  readonly trainable: number;
  /** Values that go up and come down in a round, mean over two rounds; masks and residuals come on top. */
  readonly up: number;
  readonly down: number;
  /** Steps a round; `clients` where one client takes those of all. */
  readonly steps: number | 'clients';
  /** Adapters that a client keeps. */
  readonly adapters: 1 | 2;
  /** Whether a mask goes with the first upload, and whether changes of the frozen weights come with downloads. */
  readonly mask: boolean;
  readonly residual: boolean;
}

/** The costs of a method over the adapted sites of a model. */
export function methodCosts(plan: MethodPlan, sites: readonly Site[], rank: number): MethodCosts {
  const { method, personalization, search } = plan;
  const layout = createLayout(sites, plan.rank * plan.expansion);
  const unit = parametersAtRank(sites, rank);
  const density = search ? parametersAtRank(sites, plan.rank) / layout.size : 1;
  const rounds = [1, 2];
  const mean = (of: (round: number) => number) => rounds.reduce((sum, round) => sum + of(round), 0) / rounds.length;
  const share = (of: (round: number) => { readonly live: number }) =>
    mean((round) => (of(round).live * density) / unit);
  const travels = method.trains && !method.pools ? share((round) => plan.travel.positions(layout, round)) : 0;
  const aggregator = plan.aggregator.make();
  const sends = plan.localUpdate.make().sends?.length ?? 0;
  const phases = (round: number) => personalization.phases({ round, rounds: 4 });
  const steps = mean((round) => phases(round).reduce((sum, phase) => sum + phase.share, 0));
  const trainable = share((round) => {
    const positions = plan.trainable.positions(layout, round);
    const live = phases(round).map(({ trainable: own }) =>
      own ? intersect(positions, own.positions(layout, round)).live : positions.live,
    );
    return { live: Math.max(...live) };
  });
  return {
    trainable: method.trains ? trainable : 0,
    up: travels * (1 + sends),
    down: travels * (1 + (aggregator.sends?.length ?? 0)),
    steps: method.pools ? 'clients' : method.trains ? steps : 0,
    adapters: personalization.secondAdapter ? 2 : 1,
    mask: search !== null && travels > 0,
    residual: aggregator.residual !== undefined,
  };
}
