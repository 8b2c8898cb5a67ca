import type { Engine, Tensor } from '@perfit/tensorflow';

/**
 * An engine on which blocks read like formulas: within `tidy`, every tensor that an operation makes is ended when the
 * body ends, also by an error, except those in its result, which pass to the enclosing `tidy` or to the caller.
 */
export interface ScopedEngine extends Engine {
  /** Runs a synchronous body; tensors anywhere in its result (arrays and plain records are searched) live on. */
  readonly tidy: <Result>(body: () => Result) => Result;
  /** Hands tensors that were made elsewhere to the innermost `tidy`. */
  readonly own: <Owned>(tensors: Owned) => Owned;
  /** Takes a tensor out of every `tidy`: it lives until somebody disposes it. */
  readonly release: (tensor: Tensor) => Tensor;
  /** x itself where it has the element type, else a cast that the innermost `tidy` ends. */
  readonly as: (x: Tensor, dtype: Tensor['dtype']) => Tensor;
}

const making = [
  ...(['upload', 'cast', 'reshape', 'transpose', 'concat', 'split', 'slice', 'pad', 'gather', 'scatterAdd'] as const),
  ...([
    'pack',
    'packedRows',
    'linear',
    'linearBackward',
    'matmul',
    'batchMatmul',
    'add',
    'sub',
    'mul',
    'div',
    'neg',
    'square',
    'sqrt',
    'rsqrt',
    'abs',
  ] as const),
  ...(['sigmoid', 'addN', 'sum', 'mean', 'softmax', 'crossEntropy', 'segmentSum'] as const),
  ...(['rmsNorm', 'rmsNormBackward', 'swiglu', 'swigluBackward', 'attention', 'attentionBackward'] as const),
  ...(['lowRankInput', 'lowRankGradients', 'segmentProducts'] as const),
];

function isTensor(value: object): value is Tensor {
  return 'id' in value && 'shape' in value && 'dtype' in value;
}

function* tensorsIn(value: unknown): Generator<Tensor> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (isTensor(value)) yield value;
  else for (const part of Object.values(value)) yield* tensorsIn(part);
}

/** Wraps an engine; nothing of the engine itself changes. */
export function scopedEngine(engine: Engine): ScopedEngine {
  const scopes: Set<Tensor>[] = [];

  const own = <Owned>(tensors: Owned): Owned => {
    const innermost = scopes.at(-1);
    if (innermost) for (const tensor of tensorsIn(tensors)) innermost.add(tensor);
    return tensors;
  };
  const release = (tensor: Tensor): Tensor => {
    for (const scope of scopes) scope.delete(tensor);
    return tensor;
  };
  const dispose: Engine['dispose'] = (...tensors) => {
    for (const tensor of tensors) if (tensor) engine.dispose(release(tensor));
  };
  /** What the body made passes on, what it borrowed stays where it is. */
  const end = (result: unknown) => {
    const scope = scopes.pop()!;
    const kept = [...tensorsIn(result)].filter((tensor) => scope.delete(tensor));
    dispose(...scope);
    own(kept);
  };
  const tidy = <Result>(body: () => Result): Result => {
    scopes.push(new Set());
    let result: Result | undefined;
    try {
      result = body();
      return result;
    } finally {
      end(result);
    }
  };
  const owning = (name: (typeof making)[number]) => {
    const operation = engine[name] as (...operands: unknown[]) => unknown;
    return [name, (...operands: unknown[]) => own(operation(...operands))];
  };
  const operations = Object.fromEntries(making.map(owning)) as Pick<Engine, (typeof making)[number]>;
  const as: ScopedEngine['as'] = (x, dtype) => (x.dtype === dtype ? x : operations.cast(x, dtype));
  return { ...engine, ...operations, dispose, tidy, own, release, as };
}
