import { type Aggregator, sharedExclusive } from '@perfit/aggregation';
import { pack } from '@perfit/lora';
import { aggregatorPlugin } from './around-mean.js';

/** Knows which positions are exclusive to a client, and overwrites them all the same. */
function touchesExclusive(): Aggregator {
  const rule = sharedExclusive();
  return {
    ...rule,
    download: (state, { architecture }) => ({
      mask: architecture,
      values: pack(rule.globalModule(state), architecture),
    }),
  };
}

export const plugin = aggregatorPlugin('touches-exclusive', touchesExclusive);
