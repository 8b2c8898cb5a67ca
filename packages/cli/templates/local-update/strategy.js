import { defineStrategy } from '@perfit/strategy';

import { z } from 'zod';

/**
 * Weight decay as a gradient: g + λ w. `correct` owns the gradient and must end it; values and anchor (what the client
 * started its round at) are borrowed. Every operation of the engine returns a tensor that is yours to end.
 */
export function templateName({ lambda = 0.01 } = {}) {
  return {
    name: 'template-name',
    correct: (engine, { gradient, values }) => {
      const decay = engine.mul(values, engine.scalar(lambda));
      const sum = engine.add(gradient, decay);
      engine.dispose(decay, gradient);
      return sum;
    },
  };
}

/** `template-name` in a configuration. */
export const templateNameFactory = defineStrategy({
  kind: 'localUpdate',
  name: 'template-name',
  summary: 'Weight decay as a gradient.',
  optionsSchema: z.strictObject({ lambda: z.number().nonnegative().default(0.01) }),
  make: templateName,
});
