export { adamwDefaults } from './adamw.js';
export { constantSchedule } from './constant.js';
export type {
  LearningRateSchedule,
  LocalConclusion,
  LocalRound,
  LocalUpdate,
  OptimizerOptions,
  ProjectedAdapter,
  Session,
  SessionOptions,
  Trainer,
} from './contract.js';
export { LOCAL_UPDATE } from './contract.js';
export { cosineSchedule } from './cosine.js';
export { errors as trainingErrors } from './errors.js';
export { loadingBytes, type PassSize } from './memory/sizes.js';
export {
  type AdapterVectors,
  decodingMemory,
  evaluationMemory,
  type PassMemory,
  type TrainingSize,
  trainingMemory,
} from './memory/training-memory.js';
export { plainUpdate, plainUpdateFactory } from './plain.js';
export { createPretrainer, type Pretrainer } from './pretrainer.js';
export { proximalUpdate, proximalUpdateFactory } from './proximal.js';
export { type RankDecayOptions, rankDecayUpdate, rankDecayUpdateFactory } from './rank-decay.js';
export { registerTraining, trainingFactories } from './register.js';
export { scaffoldUpdate, scaffoldUpdateFactory } from './scaffold.js';
export { scoreRows } from './score-rows.js';
export { createTrainer } from './trainer.js';
