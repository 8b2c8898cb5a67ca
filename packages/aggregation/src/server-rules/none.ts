import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { ServerRule } from '../contract.js';

/** No server optimiser: the aggregator as it is. */
export function none(): ServerRule {
  return { name: 'none', wrap: (aggregator) => aggregator };
}

/** Factory of {@link none}. */
export const noneFactory = defineStrategy({
  kind: 'serverRule',
  name: 'none',
  summary: 'No server optimiser: the aggregator’s own result.',
  optionsSchema: z.strictObject({}),
  make: none,
});
