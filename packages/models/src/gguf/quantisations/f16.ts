import { toFloat32 } from '@perfit/safetensors';
import type { Quantisation } from '../quantisation.js';

/** F16: not quantised. */
export const f16: Quantisation = {
  name: 'F16',
  code: 1,
  blockSize: 1,
  blockBytes: 2,
  dequantise: (bytes) => toFloat32({ name: 'F16', elementType: 'F16', shape: [bytes.length / 2], bytes }),
};
