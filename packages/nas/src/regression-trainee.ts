import {
  type Architecture,
  applyArchitecture,
  createLayout,
  fullArchitecture,
  type Initialization,
  mergeDelta,
  parametersAtRank,
  type Site,
  slotsBySite,
} from '@perfit/lora';
import { sampleSites, sampleWeight, seededRandom } from '@perfit/lora/testing';
import type { Trainee } from './contract.js';

/** A trainee without a model, and what a test sees of it. */
export interface RegressionTrainee {
  readonly trainee: Trainee;
  /** `train n` and `prune n`, as they were called. */
  readonly calls: readonly string[];
  /** Its present values. */
  readonly values: () => Float32Array;
}

/**
 * A trainee for tests of whole searches: adapters of the sample sites that become given matrices T by gradient descent
 * on L = ½ Σ_s ‖B_s A_s − T_s‖². Its budget is K at `rank`, its start dense at `rank · expansion`.
 */
export function regressionTrainee(
  initialization: Initialization,
  { rank = 2, expansion = 2, seed = 1, layers = 1 } = {},
): RegressionTrainee {
  const sites = sampleSites(layers);
  const layout = createLayout(sites, rank * expansion);
  const start = initialization.initialize({ layout, random: seededRandom(seed), scale: 1, frozen: sampleWeight });
  let values = start.values;
  let architecture: Architecture = fullArchitecture(layout.size);
  const calls: string[] = [];
  const errorOf = (site: Site) => {
    const target = sampleWeight(site);
    return mergeDelta(layout, values, site, 1).map((entry, i) => entry - target[i]);
  };
  const gradientNow = () => {
    const gradient = new Float32Array(layout.size);
    for (const { site, A, B } of slotsBySite(layout)) {
      const error = errorOf(site);
      for (let o = 0; o < site.out; o++)
        for (let i = 0; i < site.in; i++)
          for (let k = 0; k < A.rows; k++) {
            const a = A.offset + k * site.in + i;
            const b = B.offset + o * B.columns + k;
            gradient[a] += values[b] * error[o * site.in + i];
            gradient[b] += values[a] * error[o * site.in + i];
          }
    }
    return gradient;
  };
  const trainee: Trainee = {
    layout,
    budget: parametersAtRank(sites, rank),
    architecture,
    random: seededRandom(seed + 100),
    train: async (steps) => {
      calls.push(`train ${steps}`);
      const sum = new Float64Array(layout.size);
      const squares = new Float64Array(layout.size);
      for (let step = 0; step < steps; step++) {
        const gradient = gradientNow();
        gradient.forEach((g, i) => {
          sum[i] += g / steps;
          squares[i] += (g * g) / steps;
        });
        values = applyArchitecture(
          values.map((value, i) => value - 0.05 * gradient[i]),
          architecture,
        );
      }
      return { values: values.slice(), gradient: Float32Array.from(sum), fisher: Float32Array.from(squares) };
    },
    loss: async () => sites.reduce((loss, site) => loss + errorOf(site).reduce((sum, e) => sum + (e * e) / 2, 0), 0),
    prune: async (next) => {
      calls.push(`prune ${next.live}`);
      architecture = next;
      values = applyArchitecture(values, next);
    },
  };
  return { trainee, calls, values: () => values };
}
