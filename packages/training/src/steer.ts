import type { Layout } from '@perfit/lora';
import type { Engine, Tensor } from '@perfit/tensorflow';
import type { LocalConclusion, LocalRound, SessionOptions } from './contract.js';

/** What a session keeps for its local update rule. Owns its tensors. */
export interface Steering {
  /** The rule's vectors `[P]`, those that the client has not got yet as 0, and what it prepared. */
  readonly vectors: Readonly<Record<string, Tensor>>;
  /** Takes note of a step's own gradient; borrows. */
  readonly hear: (gradient: Tensor) => void;
  readonly steps: () => number;
  /** What the rule concludes; `start`, `meanGradient`, `steps` and `vectors` are filled in. */
  readonly conclude: (now: Pick<LocalRound, 'layout' | 'architecture' | 'values'>) => LocalConclusion;
  readonly dispose: () => void;
}

/** Puts a rule's vectors on the engine, and sums gradients where the rule will conclude from their mean. */
export function steer(
  engine: Engine,
  { state, localUpdate, vectors: given = {} }: SessionOptions,
  layout: Layout,
): Steering {
  const { size } = layout;
  const names = [...(localUpdate.receives ?? []), ...(localUpdate.remembers ?? [])];
  const host = Object.fromEntries(names.map((name) => [name, given[name] ?? new Float32Array(size)]));
  const vectors = {
    ...Object.fromEntries(names.map((name) => [name, engine.upload(host[name]!, [size])])),
    ...localUpdate.prepare?.(engine, { layout, architecture: state.architecture }),
  };
  const start = Float32Array.from(state.values);
  let sum: Tensor | undefined;
  let steps = 0;
  return {
    vectors,
    hear: (gradient) => {
      steps++;
      if (!localUpdate.conclude) return;
      const before = sum;
      sum = before ? engine.add(before, gradient) : engine.cast(gradient, 'f32');
      engine.dispose(before);
    },
    steps: () => steps,
    conclude: (now) => {
      if (!localUpdate.conclude) return {};
      const meanGradient = sum
        ? Float32Array.from(engine.download(sum), (total) => total / steps)
        : new Float32Array(size);
      return localUpdate.conclude({ ...now, start, meanGradient, steps, vectors: host });
    },
    dispose: () => engine.dispose(sum, ...Object.values(vectors)),
  };
}
