import { createLayout, type Initialization } from '@perfit/lora';
import { randomStreams } from '../random-streams.js';

/**
 * Whether an initialization takes its start out of the frozen weights, so that changed copies of them are held. Asked on
 * one small site with made-up weights: the answer is a property of the strategy, and the model's weights are not loaded.
 */
export function startIsSubtracted(initialization: Initialization, rank: number): boolean {
  const size = 2 * rank;
  const random = randomStreams(0).stream('start');
  const site = { name: 'model.layers.0.self_attn.q_proj', layer: 0, in: size, out: size, flops: 2 * size * size };
  const weight = Float32Array.from({ length: size * size }, () => random() - 0.5);
  return initialization.initialize({ layout: createLayout([site], rank), random, scale: 1, frozen: () => weight })
    .subtracted;
}
