import { architectureFrom, type PositionRule } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

/** Options of {@link templateName}. */
export interface TemplateNameOptions {
  /** One of so many layers a round. Default 2. */
  readonly every?: number;
}

/** In round t the layers l with l ≡ t modulo `every`: as `trainable` or as `travel` in a configuration. */
export function templateName({ every = 2 }: TemplateNameOptions = {}): PositionRule {
  return {
    name: 'template-name',
    positions: ({ slots, size }, round) => {
      const chosen = slots.filter(({ site }) => site.layer % every === round % every);
      return architectureFrom(
        size,
        chosen.flatMap((slot) => Array.from({ length: slot.size }, (_, i) => slot.offset + i)),
      );
    },
  };
}

/** `template-name` in a configuration. */
export const templateNameFactory = defineStrategy({
  kind: 'positions',
  name: 'template-name',
  summary: 'Other layers every round, in turn.',
  optionsSchema: z.strictObject({ every: z.int().min(1).default(2) }),
  make: templateName,
});
