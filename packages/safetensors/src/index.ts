export type { ElementType, StoredTensor, TensorFile } from './contract.js';
export { errors as safetensorsErrors } from './errors.js';
export { fromFloat32, toFloat32 } from './float.js';
export { openTensors } from './read.js';
export { encodeTensors, writeTensors } from './write.js';
export type { FileContent } from './write-whole.js';
export { writeTogether, writeWhole } from './write-whole.js';
