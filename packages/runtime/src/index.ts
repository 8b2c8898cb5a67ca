export { averagesOf, perplexity } from './averages.js';
export type { FederatedData, RowEncoding } from './client-data.js';
export { systemClock } from './clock.js';
export type { Configuration, MethodEntry, SearchConfiguration, StrategyReference } from './configuration.js';
export { configurationJsonSchema } from './configuration.js';
export { createContainer } from './container.js';
export type {
  Adopted,
  Checkpoint,
  ClientData,
  ClientDraft,
  ClientProgress,
  ClientRecord,
  Clock,
  Loss,
  MaskOverlap,
  Method,
  RandomStreams,
  RoundDraft,
  RoundEvent,
  Sampler,
  Sink,
  Store,
  StrategyKey,
  Trained,
  TrainingJob,
  Transport,
} from './contract.js';
export { METHOD, SAMPLER } from './contract.js';
export { errors as runtimeErrors } from './errors.js';
export { evaluateRows, firstRowsPerClient, type RowsEvaluation } from './evaluate-rows.js';
export { evaluateRun, type RepeatedScore, TOLERANCE } from './evaluate-run.js';
export type { Evaluator } from './evaluate-values.js';
export type { Accuracy } from './label-accuracy.js';
export { type LoadedModel, loadModel } from './load-model.js';
export { type MethodPlan, planMethods } from './method-plan.js';
export { type Moment, type PairedDifference, pairedDifference } from './paired-differences.js';
export { readConfiguration, validateConfiguration } from './parse-configuration.js';
export { randomStreams } from './random-streams.js';
export { builtInMethods, registerRuntime } from './register.js';
export { rowEncoding } from './row-encoding.js';
export { type PreparedRun, prepareRun, type RunWorld } from './run.js';
export { type Comparison, comparison } from './run-directory.js';
export { fraction } from './samplers/fraction.js';
export { jsonlSink } from './sinks/jsonl-sink.js';
export { tensorboardSink } from './sinks/tensorboard-sink.js';
export { directoryStore } from './stores/directory-store.js';
export { memoryStore } from './stores/memory-store.js';
export { type ResolvedStrategy, resolveStrategy, strategiesOf } from './strategies.js';
export type { Averages, ClientRound, MethodSummary, RoundAverages, RoundRecord } from './summary.js';
export type { Timings } from './timings.js';
