/** Element types that are read and written. */
export type ElementType = 'F32' | 'F16' | 'BF16' | 'I32' | 'I64' | 'U8';

/** One tensor of a file: its name, element type, shape and bytes, row-major and little-endian. */
export interface StoredTensor {
  readonly name: string;
  readonly elementType: ElementType;
  readonly shape: readonly number[];
  /** Exactly `product(shape) · elementSize` bytes. */
  readonly bytes: Uint8Array;
}

/** An open file, whose header was checked; tensors are read on demand. */
export interface TensorFile {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Name, element type and shape of every tensor, in the order of the file. */
  readonly entries: readonly Omit<StoredTensor, 'bytes'>[];
  /** Reads one tensor; an unknown name is an error that lists the nearest. */
  readonly read: (name: string) => StoredTensor;
  /** Ends reading; closing twice is fine. */
  readonly close: () => void;
}
