/** An attribute of a TensorFlow operation, as the binding takes it. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The part of tfjs-node-gpu's C++ binding that the engine uses: TensorFlow's eager C API by tensor id. */
export interface TensorFlowBinding {
  /** Shares the array's memory with TensorFlow where it is aligned, so the array must not change afterwards. */
  readonly createTensor: (shape: readonly number[], dtype: number, values: ArrayBufferView) => number;
  readonly deleteTensor: (id: number) => void;
  /** Copies out; f32 and i32 only of the dtypes that the engine knows. */
  readonly tensorDataSync: (id: number) => Float32Array | Int32Array;
  readonly executeOp: (
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ) => readonly { readonly id: number; readonly shape: readonly number[]; readonly dtype: number }[];
  readonly getNumOfTensors: () => number;
  readonly isUsingGpuDevice: () => boolean;
  readonly TF_Version: string;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_STRING: number;
}
