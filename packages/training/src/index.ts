export type { LearningRateSchedule, LocalUpdate, OptimizerOptions, Session, SessionOptions } from './contract.js';
export { LOCAL_UPDATE } from './contract.js';
