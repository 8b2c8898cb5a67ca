import { components, slotsBySite } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Personalization } from '../contract.js';

/** Shares of the personal part that are tried, the trained one first. */
const MIXES = [0.5, 0.25, 0.75, 0, 1];

/** Options of {@link halves}. */
export interface HalvesOptions {
  /** The global adapter's share of the rank, in (0, 1). Default ½. */
  readonly share?: number;
}

/**
 * FedDPA-T (Yang et al. 2024): a global and a local adapter side by side, as the first and the other rank components of
 * one adapter, so that y = xWᵀ + σ (B_g A_g + B_l A_l) x. Every round the local one takes the first half of the steps,
 * the global one the other; only the global one travels (`travel: components` of the same share). At inference both are
 * mixed, 2(1 − α) B_g A_g + 2α B_l A_l: the paper takes α from how near an instance is to the client's training rows;
 * here every client takes the α ∈ {0, ¼, ½, ¾, 1} that does best on its validation rows, ½ without any (ours).
 */
export function halves({ share = 0.5 }: HalvesOptions = {}): Personalization {
  return {
    name: 'halves',
    secondAdapter: false,
    phases: () => [
      { adapter: 'shared', share: 0.5, trainable: components({ from: share, to: 1 }) },
      { adapter: 'shared', share: 0.5, trainable: components({ from: 0, to: share }) },
    ],
    compose: async ({ layout, shared, validate }) => {
      const mixed = (alpha: number) => {
        const values = Float32Array.from(shared);
        for (const { B } of slotsBySite(layout)) {
          const globals = Math.round(share * B.columns);
          for (let p = 0; p < B.size; p++)
            values[B.offset + p]! *= p % B.columns < globals ? 2 * (1 - alpha) : 2 * alpha;
        }
        return values;
      };
      let best = { values: shared, loss: Number.POSITIVE_INFINITY };
      for (const alpha of MIXES) {
        const values = alpha === 0.5 ? shared : mixed(alpha);
        const loss = await validate(values);
        if (loss < best.loss) best = { values, loss };
      }
      return best.values;
    },
  };
}

/** `halves` in a configuration. */
export const halvesFactory = defineStrategy({
  kind: 'personalization',
  name: 'halves',
  summary: 'FedDPA: the first rank components are global, the others local, mixed by the client’s validation rows.',
  optionsSchema: z.strictObject({ share: z.number().gt(0).lt(1).default(0.5) }),
  make: halves,
});
