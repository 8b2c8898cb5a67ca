import type { Engine } from '@perfit/tensorflow';
import type { Projector } from './contract.js';

/** The projector that adapts nothing: the model as it was loaded. */
export function frozenProjector(engine: Engine): Projector {
  return {
    adapts: () => false,
    changes: () => false,
    project: ({ weight }, x) => engine.linear(x, weight),
    backproject: ({ weight }, _x, dy, wantsInput) => (wantsInput ? engine.linearBackward(dy, weight) : undefined),
  };
}
