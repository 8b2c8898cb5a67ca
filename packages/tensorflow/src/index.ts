export type { DType, Engine, EngineDescription, MatmulOptions, Tensor } from './contract.js';
