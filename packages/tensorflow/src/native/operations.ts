import type { DType, Tensor } from '../contract.js';
import { errors } from '../errors.js';
import type { OpAttribute, TensorFlowBinding } from '../native-binding.js';

/** TensorFlow's DataType of each element type. */
export const CODE: Readonly<Record<DType, number>> = { f32: 1, i32: 3, bf16: 14 };
/** DT_UINT8: how raw bits come in. */
export const UINT8 = 4;
const KEPT_CONSTANTS = 4096;

/** What every group of operations is written on: running one by name, and keeping count of what lives. */
export interface Operations {
  /** Runs an operation of one output, whose shape the caller knows. */
  readonly run: (
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly Tensor[],
    shape: readonly number[],
    dtype: DType,
  ) => Tensor;
  /** Runs an operation of several outputs. */
  readonly runMany: (
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly Tensor[],
    outputs: readonly { readonly shape: readonly number[]; readonly dtype: DType }[],
  ) => Tensor[];
  readonly adopt: (id: number, shape: readonly number[], dtype: DType) => Tensor;
  readonly dispose: (...tensors: readonly (Tensor | undefined)[]) => void;
  readonly live: () => number;
  /** A cached i32 constant: shapes, permutations, axes. Use it at once: a full cache is emptied. */
  readonly indices: (values: readonly number[], shape?: readonly number[]) => Tensor;
  readonly type: (name: string, dtype: DType) => OpAttribute;
  readonly flag: (name: string, value: boolean) => OpAttribute;
  readonly integer: (name: string, value: number) => OpAttribute;
  readonly float: (name: string, value: number) => OpAttribute;
  /** Takes a tensor out of the count: a constant that lives as long as the engine. */
  readonly retain: (tensor: Tensor) => Tensor;
}

/** Opens the binding for the groups of operations. */
export function operations(binding: TensorFlowBinding): Operations {
  const alive = new Set<number>();
  const constants = new Map<string, Tensor>();

  const adopt = (id: number, shape: readonly number[], dtype: DType): Tensor => {
    alive.add(id);
    return { id, shape, dtype };
  };

  const runMany: Operations['runMany'] = (name, attributes, inputs, outputs) => {
    try {
      return binding
        .executeOp(
          name,
          attributes,
          inputs.map((tensor) => tensor.id),
          outputs.length,
        )
        .map(({ id }, index) => adopt(id, outputs[index].shape, outputs[index].dtype));
    } catch (cause) {
      throw explain(name, inputs, cause);
    }
  };

  return {
    run: (name, attributes, inputs, shape, dtype) => runMany(name, attributes, inputs, [{ shape, dtype }])[0],
    runMany,
    adopt,
    dispose: (...tensors) => {
      for (const tensor of tensors) {
        if (!tensor) continue;
        if (!alive.delete(tensor.id))
          throw errors.make('unknown-tensor', {
            what: `tensor ${tensor.id} of shape [${tensor.shape.join(', ')}] is not alive on this engine`,
            cure: 'Dispose a tensor once, on the engine that made it',
          });
        binding.deleteTensor(tensor.id);
      }
    },
    live: () => alive.size,
    indices: (values, shape = [values.length]) => {
      const key = `${values.join()}:${shape.join()}`;
      const kept = constants.get(key);
      if (kept) return kept;
      if (constants.size === KEPT_CONSTANTS) {
        for (const constant of constants.values()) binding.deleteTensor(constant.id);
        constants.clear();
      }
      const constant: Tensor = {
        id: binding.createTensor(shape, CODE.i32, Int32Array.from(values)),
        shape,
        dtype: 'i32',
      };
      constants.set(key, constant);
      return constant;
    },
    type: (name, dtype) => ({ name, type: binding.TF_ATTR_TYPE, value: CODE[dtype] }),
    flag: (name, value) => ({ name, type: binding.TF_ATTR_BOOL, value }),
    integer: (name, value) => ({ name, type: binding.TF_ATTR_INT, value }),
    float: (name, value) => ({ name, type: binding.TF_ATTR_FLOAT, value }),
    retain: (tensor) => {
      alive.delete(tensor.id);
      return tensor;
    },
  };
}

function explain(name: string, inputs: readonly Tensor[], cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  const operands = inputs.map(({ dtype, shape }) => `${dtype}[${shape.join(', ')}]`).join(', ');
  if (/not referenced/.test(message))
    return errors.make('unknown-tensor', {
      what: `${name} got a tensor that is not alive on this engine: ${operands}`,
      cure: 'Use a tensor before it is disposed, on the engine that made it',
      cause,
    });
  if (/OOM|RESOURCE_EXHAUSTED|out of memory/i.test(message))
    return errors.make('out-of-memory', {
      what: `${name} of ${operands} found no memory`,
      cure: 'Use a smaller batch, shorter rows, or bf16',
      cause,
    });
  if (/out of range|outside the valid range|not in \[0|indices\[.*does not index/i.test(message))
    return errors.make('index-out-of-range', {
      what: `${name} of ${operands}: ${message.trim().replace(/\.$/, '')}`,
      cure: 'Keep indices and labels within the extent that they index',
      cause,
    });
  return errors.make('operation-failed', {
    what: `${name} of ${operands} failed: ${message.trim().replace(/\.$/, '')}`,
    cure: 'Check the operands',
    cause,
  });
}
