import type { Architecture } from '@perfit/lora';
import type { Engine, Tensor } from '@perfit/tensorflow';
import type { LocalConclusion, LocalRound, SessionOptions } from './contract.js';
import type { LivePart } from './live-part.js';

/** What a session keeps for its local update rule. Owns its tensors. */
export interface Steering {
  /** The rule's vectors `[P]`, those that the client has not got yet as 0, and what it prepared. */
  readonly vectors: () => Readonly<Record<string, Tensor>>;
  /** Takes note of a step's own gradient; borrows. */
  readonly hear: (gradient: Tensor) => void;
  readonly steps: () => number;
  /** What the rule concludes; `start`, `meanGradient`, `steps` and `vectors` are filled in. */
  readonly conclude: (now: Pick<LocalRound, 'layout' | 'architecture' | 'values'>) => LocalConclusion;
  /** Lets every vector that it keeps follow to the live part of another architecture, and the rule prepare for that. */
  readonly move: (move: (tensor: Tensor) => Tensor, next: LivePart, architecture: Architecture) => void;
  readonly dispose: () => void;
}

/** Puts a rule's vectors on the engine, and sums gradients where the rule will conclude from their mean. */
export function steer(
  engine: Engine,
  { state, localUpdate, vectors: given = {} }: SessionOptions,
  part: LivePart,
): Steering {
  const size = state.values.length;
  const names = [...(localUpdate.receives ?? []), ...(localUpdate.remembers ?? [])];
  const host = Object.fromEntries(names.map((name) => [name, given[name] ?? new Float32Array(size)]));
  const flat = new Map(
    names.map((name) => [name, engine.upload(part.compact(host[name]!), [part.layout.size])] as const),
  );
  const prepare = ({ layout, architecture: keep }: LivePart, architecture: Architecture) =>
    localUpdate.prepare?.(engine, { layout, architecture: keep(architecture) });
  let prepared = prepare(part, state.architecture);
  const start = Float32Array.from(state.values);
  let expand = part.expand;
  let sum: Tensor | undefined;
  let steps = 0;
  const all = () => ({ ...Object.fromEntries(flat), ...prepared });
  return {
    vectors: all,
    hear: (gradient) => {
      steps++;
      if (!localUpdate.conclude) return;
      const before = sum;
      sum = before ? engine.add(before, gradient) : engine.cast(gradient, 'f32');
      engine.dispose(before);
    },
    steps: () => steps,
    move: (move, next, architecture) => {
      for (const [name, tensor] of flat) flat.set(name, move(tensor));
      sum &&= move(sum);
      expand = next.expand;
      engine.dispose(...Object.values(prepared ?? {}));
      prepared = prepare(next, architecture);
    },
    conclude: (now) => {
      if (!localUpdate.conclude) return {};
      const meanGradient = sum
        ? expand(Float32Array.from(engine.download(sum), (total) => total / steps))
        : new Float32Array(size);
      return localUpdate.conclude({ ...now, start, meanGradient, steps, vectors: host });
    },
    dispose: () => engine.dispose(sum, ...Object.values(all())),
  };
}
