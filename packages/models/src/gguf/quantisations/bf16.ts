import { toFloat32 } from '@perfit/safetensors';
import type { Quantisation } from '../quantisation.js';

/** BF16: not quantised. */
export const bf16: Quantisation = {
  name: 'BF16',
  code: 30,
  blockSize: 1,
  blockBytes: 2,
  dequantise: (bytes) => toFloat32({ name: 'BF16', elementType: 'BF16', shape: [bytes.length / 2], bytes }),
};
