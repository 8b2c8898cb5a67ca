export type { ElementType, StoredTensor, TensorFile } from './contract.js';
export { errors as safetensorsErrors } from './errors.js';
export { fromFloat32, toFloat32 } from './float.js';
export { openTensors } from './read.js';
export { writeTensors } from './write.js';
export { writeWhole } from './write-whole.js';
