import type { Importance, StatisticNeed, Statistics } from '../contract.js';
import { errors } from '../errors.js';

/** The statistics of one position: w, g = ∂L/∂w, F = the empirical Fisher diagonal. */
export type PositionScore = (w: number, g: number, F: number) => number;

function checked(name: string, statistics: Statistics, need: StatisticNeed, length: number): Float32Array {
  const found = statistics[need];
  if (!found)
    throw errors.make('missing-statistic', {
      what: `the importance "${name}" needs ${need}, which was not gathered`,
      cure: 'Gather what the importance names under needs',
    });
  if (found.length !== length)
    throw errors.make('size-mismatch', {
      what: `${need} has ${found.length} numbers for a layout of ${length}`,
      cure: 'Gather statistics over the whole layout',
    });
  return found;
}

/** An importance that scores every position by its own statistics. */
export function elementwise(name: string, needs: readonly StatisticNeed[], of: PositionScore): Importance {
  return {
    name,
    needs,
    score: ({ layout: { size }, statistics }) => {
      const { values } = statistics;
      if (values.length !== size)
        throw errors.make('size-mismatch', {
          what: `there are ${values.length} values for a layout of ${size}`,
          cure: 'Gather statistics over the whole layout',
        });
      const gradient = needs.includes('gradient') ? checked(name, statistics, 'gradient', size) : undefined;
      const fisher = needs.includes('fisher') ? checked(name, statistics, 'fisher', size) : undefined;
      const scores = new Float32Array(size);
      for (let i = 0; i < size; i++) scores[i] = of(values[i], gradient ? gradient[i] : 0, fisher ? fisher[i] : 0);
      return scores;
    },
  };
}
