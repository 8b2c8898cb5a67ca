import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { ServerRule } from '../contract.js';
import { checkOption } from '../option-range.js';
import { serverRule } from '../server-step.js';

/** Options of {@link fedAvgM}. */
export interface FedAvgMOptions {
  /** β. Default 0.9. */
  readonly momentum?: number;
  /** η. Default 1. */
  readonly learningRate?: number;
}

/**
 * FedAvgM (Hsu et al. 2019): momentum on the server, with Δ = mean − g
 *
 *     m ← β m + Δ,  g ← g + η m
 *
 * β = 0 and η = 1 give the aggregator's own result, bit for bit (but 0 for −0). State: the aggregator's and
 * `fed-avg-m/m [P]`, from 0.
 *
 * @throws `aggregation/bad-option` unless 0 ≤ momentum < 1 and learningRate > 0.
 */
export function fedAvgM({ momentum = 0.9, learningRate = 1 }: FedAvgMOptions = {}): ServerRule {
  checkOption('momentum', momentum, momentum >= 0 && momentum < 1, 'a number from 0 up to, not including, 1');
  checkOption('learningRate', learningRate, learningRate > 0 && Number.isFinite(learningRate), 'a number above 0');
  return serverRule({
    name: 'fed-avg-m',
    moments: { m: 0 },
    step: (delta, { m }, p) => {
      const moment = momentum * m[p] + delta;
      m[p] = moment;
      return learningRate * moment;
    },
  });
}

/** Factory of {@link fedAvgM}. */
export const fedAvgMFactory = defineStrategy({
  kind: 'serverRule',
  name: 'fed-avg-m',
  summary: 'FedAvgM: momentum on the server.',
  optionsSchema: z.strictObject({
    momentum: z.number().min(0).lt(1).default(0.9),
    learningRate: z.number().gt(0).default(1),
  }),
  make: fedAvgM,
});
