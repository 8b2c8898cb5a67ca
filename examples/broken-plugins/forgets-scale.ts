import { type Aggregator, fedExLora } from '@perfit/aggregation';
import { aggregatorPlugin } from './around-mean.js';

/** Adds mean(B A) − mean(B) mean(A) to the frozen weights: right for σ = 1 alone. */
function forgetsScale(): Aggregator {
  const rule = fedExLora();
  return { ...rule, fold: (state, context) => rule.fold(state, { ...context, scale: 1 }) };
}

export const plugin = aggregatorPlugin('forgets-scale', forgetsScale);
