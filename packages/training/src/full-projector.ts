import type { Projector, WeightGradientSink } from '@perfit/models';
import type { Engine } from '@perfit/tensorflow';

/** Multiplies by the backbone's own weights and hands their gradients dW = dyᵀ x `[out, in]` to the sink, site by site. */
export function fullProjector(engine: Engine, sink: WeightGradientSink): Projector {
  return {
    adapts: () => true,
    changes: () => true,
    project: ({ weight }, x) => engine.linear(x, weight),
    backproject: ({ sites, weight }, x, dy, wantsInput) => {
      const whole = engine.matmul(dy, x!, { transposeA: true });
      const parts = engine.split(
        whole,
        sites.map(({ out }) => out),
        0,
      );
      sites.forEach(({ name }, n) => {
        sink(`${name}.weight`, parts[n]!);
      });
      engine.dispose(whole);
      return wantsInput ? engine.linearBackward(dy, weight) : undefined;
    },
  };
}
