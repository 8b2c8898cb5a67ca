import { type ServerRule, serverRule } from '@perfit/aggregation';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

/** Options of {@link templateName}. */
export interface TemplateNameOptions {
  /** Longest step of one position. Default 0.1. */
  readonly largest?: number;
}

/**
 * The mean as a pseudo-gradient Δ = mean − g, and g moves by Δ, cut to ± `largest`. A rule with memory names its moments
 * and what they start from, and `step` moves them in place.
 */
export function templateName({ largest = 0.1 }: TemplateNameOptions = {}): ServerRule {
  return serverRule({
    name: 'template-name',
    moments: {},
    step: (delta) => Math.max(-largest, Math.min(largest, delta)),
  });
}

/** `template-name` in a configuration. */
export const templateNameFactory = defineStrategy({
  kind: 'serverRule',
  name: 'template-name',
  summary: 'Steps of the server cut to a longest one.',
  optionsSchema: z.strictObject({ largest: z.number().positive().default(0.1) }),
  // Of a mean that is not reached in one round its suite cannot ask where it lies.
  conformance: { traits: { weighted: false } },
  make: templateName,
});
