export type { LoadOptions } from './backbone/load.js';
export { loadBackbone } from './backbone/load.js';
export { reuseHiddenStates } from './backbone/reuse-hidden-states.js';
export { STACKED, sitesOf } from './backbone/sites.js';
export { logitRowsAtOnce } from './blocks/cross-entropy.js';
export { initialWeights } from './checkpoint/initial-weights.js';
export { openCheckpoint } from './checkpoint/open.js';
export type { TokenizerFiles } from './checkpoint/write.js';
export { writeCheckpoint } from './checkpoint/write.js';
export type {
  Backbone,
  BackpropagateOptions,
  Checkpoint,
  Decoding,
  Entry,
  HiddenStateStore,
  Message,
  ModelConfig,
  ProjectionGroup,
  Projector,
  RopeConfig,
  Site,
  TokenBatch,
  Tokenizer,
  WeightGradientSink,
  WeightSource,
} from './contract.js';
export { errors as modelsErrors } from './errors.js';
export { frozenProjector } from './frozen-projector.js';
export type { GeneratedToken, GenerateOptions } from './generate.js';
export { generate } from './generate.js';
export type { PullOptions } from './pull-model.js';
export { pullModel } from './pull-model.js';
export type { PullProgress } from './pull-progress.js';
export { resolveModel } from './resolve-model.js';
