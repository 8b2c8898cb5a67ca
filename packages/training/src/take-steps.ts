import type { Batch } from '@perfit/datasets';
import type { Backbone } from '@perfit/models';
import type { Engine } from '@perfit/tensorflow';
import type { FrozenWeights } from './frozen.js';
import { jointGradients } from './joint-gradient.js';
import type { StepSide } from './session.js';

/** One session's step. */
export interface SessionStep {
  readonly side: StepSide;
  readonly batch: Batch;
  readonly learningRate: number;
}

/** A step of each session, in one pass of the frozen model; returns the losses, in order. */
export function takeSteps(
  engine: Engine,
  over: { readonly backbone: Backbone; readonly frozen: FrozenWeights; readonly checkpointing: boolean },
  steps: readonly SessionStep[],
): readonly number[] {
  try {
    const taps = steps.map(({ side, batch, learningRate }) => side.lend(batch, learningRate));
    const found = jointGradients(engine, { ...over, taps });
    let taken = 0;
    try {
      return steps.map(({ side, batch, learningRate }) => side.take(found[taken++]!, batch, learningRate));
    } finally {
      // Where one failed, what the pass found for those after it is nobody's.
      for (const { losses, gradient, squared } of found.slice(taken)) engine.dispose(losses, gradient, squared);
    }
  } finally {
    for (const { side } of steps) side.giveBack();
  }
}
