export { cacheDirectory } from './cache.js';
export type { DType, Engine, EngineDescription, MatmulOptions, Tensor } from './contract.js';
export type { EngineOptions } from './create-engine.js';
export { createEngine } from './create-engine.js';
export { errors as tensorflowErrors } from './errors.js';
