import { toFloat32 } from '@perfit/safetensors';
import type { Quantisation } from '../quantisation.js';

/** F32: not quantised. */
export const f32: Quantisation = {
  name: 'F32',
  code: 0,
  blockSize: 1,
  blockBytes: 4,
  dequantise: (bytes) => toFloat32({ name: 'F32', elementType: 'F32', shape: [bytes.length / 4], bytes }),
};
