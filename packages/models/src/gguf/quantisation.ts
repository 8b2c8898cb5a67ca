import { errors } from '../errors.js';

/** One storage format of GGUF: how its blocks become numbers. */
export interface Quantisation {
  /** ggml's name: `Q8_0`. */
  readonly name: string;
  /** ggml's code of the type, as it stands in the file. */
  readonly code: number;
  /** Weights a block. */
  readonly blockSize: number;
  /** Bytes a block. */
  readonly blockBytes: number;
  /**
   * Numbers of whole blocks, `bytes.length / blockBytes · blockSize` of them: equal to gguf-py's, bit for bit.
   *
   * @throws `gguf-malformed` where the last block is not whole
   */
  readonly dequantise: (bytes: Uint8Array) => Float32Array;
}

/** A format made from the rule for one block, which writes its weights at `to` of `values`. */
export function blockwise(
  name: string,
  code: number,
  blockSize: number,
  blockBytes: number,
  dequantiseBlock: (bytes: Uint8Array, at: number, values: Float32Array, to: number) => void,
): Quantisation {
  const dequantise = (bytes: Uint8Array) => {
    const blocks = bytes.length / blockBytes;
    if (!Number.isInteger(blocks))
      throw errors.make('gguf-malformed', {
        what: `${bytes.length} bytes are no whole blocks of ${name}, which take ${blockBytes} each`,
        cure: 'Get the file again',
      });
    const values = new Float32Array(blocks * blockSize);
    for (let block = 0; block < blocks; block++) dequantiseBlock(bytes, block * blockBytes, values, block * blockSize);
    return values;
  };
  return { name, code, blockSize, blockBytes, dequantise };
}
