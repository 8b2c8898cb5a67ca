import { type Aggregator, addWeighted, checkedFold, stateArray } from '@perfit/aggregation';
import { pack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

/** Options of {@link templateName}. */
export interface TemplateNameOptions {
  /** A client of n examples counts as n^power: 1 is the plain mean, 0 makes all clients equal. Default 1. */
  readonly power?: number;
}

/**
 * The mean of each position over the clients that send it: g[p] = Σ nᵢ^power θᵢ[p] / Σ nᵢ^power. A position that nobody
 * sends keeps its value. State: `g [P]`, from θ₀.
 */
export function templateName({ power = 1 }: TemplateNameOptions = {}): Aggregator {
  return {
    name: 'template-name',
    initialize: (_, start) => ({ g: start.slice() }),
    fold: (state, context) => {
      const before = stateArray(state, 'g', 'Float32Array', context.layout.size);
      const [sum, weight] = [new Float64Array(before.length), new Float64Array(before.length)];
      return checkedFold(state, context, {
        add: ({ mask, values, examples }) => addWeighted(sum, weight, mask, values, examples ** power),
        finish: () => ({ g: before.map((old, p) => (weight[p] > 0 ? sum[p] / weight[p] : old)) }),
      });
    },
    download: (state, { architecture }) => ({
      mask: architecture,
      values: pack(stateArray(state, 'g', 'Float32Array', architecture.size), architecture),
    }),
    globalModule: (state) => stateArray(state, 'g', 'Float32Array').slice(),
    sharedPositions: (_, architecture) => architecture,
  };
}

/** `template-name` in a configuration. */
export const templateNameFactory = defineStrategy({
  kind: 'aggregator',
  name: 'template-name',
  summary: 'The mean of each position over the clients that send it.',
  optionsSchema: z.strictObject({ power: z.number().min(0).default(1) }),
  make: templateName,
});
