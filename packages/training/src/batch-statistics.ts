import type { Batch } from '@perfit/datasets';
import { type AdapterState, applyArchitecture } from '@perfit/lora';
import type { Backbone } from '@perfit/models';
import type { StatisticNeed, Statistics } from '@perfit/nas';
import type { Engine } from '@perfit/tensorflow';
import { errors } from './errors.js';
import type { LivePart } from './live-part.js';
import { lossGradient } from './loss-gradient.js';
import { statisticSums } from './statistic-sums.js';

/**
 * Statistics of all batches as one, at the values that the projector holds: every loss token weighs 1 / (tokens of all
 * batches), so however the rows are cut, g and F are those of one batch.
 */
export function batchStatistics(input: {
  readonly engine: Engine;
  readonly backbone: Backbone;
  readonly part: LivePart;
  readonly state: AdapterState;
  readonly batches: readonly Batch[];
  readonly needs: readonly StatisticNeed[];
  readonly checkpointing: boolean;
}): Statistics {
  const { engine, backbone, part, state, batches, needs, checkpointing } = input;
  const tokens = batches.reduce((sum, batch) => sum + batch.labels.length, 0);
  if (tokens === 0)
    throw errors.make('no-loss-tokens', {
      what: `${batches.length} batches have no loss token`,
      cure: 'Give rows whose output is not empty',
    });
  const sums = statisticSums(engine);
  try {
    for (const batch of batches) {
      const fisher = needs.includes('fisher');
      const at = { backbone, projector: part.projector, batch, fisher, checkpointing };
      const found = lossGradient(engine, { ...at, weight: 1 / tokens });
      sums.add(found, batch.examples);
      engine.dispose(found.losses, found.gradient, found.squared);
    }
    const masked = (all: Float32Array) => applyArchitecture(all, state.architecture);
    const { gradient, fisher } = sums.means(1);
    return {
      values: masked(state.values),
      gradient: masked(part.expand(gradient)),
      ...(fisher ? { fisher: masked(part.expand(fisher)) } : {}),
    };
  } finally {
    sums.dispose();
  }
}
