import { AGGREGATOR, checkedFold, weightedMean } from '@perfit/aggregation';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

/** A plugin of one aggregator without options. */
export function aggregatorPlugin(name, make) {
  const factory = defineStrategy({
    kind: 'aggregator',
    name,
    summary: 'Broken on purpose.',
    optionsSchema: z.strictObject({}),
    make: () => ({ ...make(), name }),
  });
  return {
    name: `perfit-${name}`,
    requires: [],
    provides: [`aggregator/${name}`],
    register: (container) => container.register(AGGREGATOR, { useValue: factory }),
  };
}

/**
 * The weighted mean with something around its fold, behind the checks that every fold makes.
 *
 * @param around gets the mean's own fold; returns the `add` and `finish` that stand in for it.
 */
export function foldedMean(around) {
  const mean = weightedMean();
  return {
    ...mean,
    fold: (state, context) => {
      const inner = mean.fold(state, context);
      return checkedFold(state, context, { ...inner, ...around(inner, state, context) });
    },
  };
}
