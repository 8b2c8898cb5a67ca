export type { ElementType, StoredTensor, TensorFile } from './contract.js';
