export type { Accelerator, EngineFiles } from './cache.js';
export { cacheDirectory, installedEngine } from './cache.js';
export type {
  AttentionSaved,
  AttentionSizes,
  DType,
  Engine,
  EngineDescription,
  LowRankTerm,
  MatmulOptions,
  PackedMatrix,
  RmsNormSaved,
  Rotation,
  Tensor,
} from './contract.js';
export type { Cpu, InstructionSet } from './cpu.js';
export { instructionSets, panelRows } from './cpu.js';
export type { EngineOptions } from './create-engine.js';
export { createEngine } from './create-engine.js';
export { errors as tensorflowErrors } from './errors.js';
export type { EngineReport } from './inspect-engine.js';
export { inspectEngine } from './inspect-engine.js';
export type { InstallProgress, OnProgress } from './install/progress.js';
export type { InstallOptions } from './install-engine.js';
export { installEngine } from './install-engine.js';
export type { MachineMemory } from './machine-memory.js';
export { machineMemory } from './machine-memory.js';
export { longestSequence } from './shapes.js';
