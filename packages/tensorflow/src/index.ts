export type { Accelerator, EngineFiles } from './cache.js';
export { cacheDirectory, installedEngine } from './cache.js';
export type { DType, Engine, EngineDescription, MatmulOptions, Tensor } from './contract.js';
export type { EngineOptions } from './create-engine.js';
export { createEngine } from './create-engine.js';
export { errors as tensorflowErrors } from './errors.js';
export type { InstallProgress, OnProgress } from './install/progress.js';
export type { InstallOptions } from './install-engine.js';
export { installEngine } from './install-engine.js';
