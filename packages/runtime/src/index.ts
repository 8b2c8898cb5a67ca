export { noise } from './attacks/noise.js';
export { signFlip } from './attacks/sign-flip.js';
export { averagesOf, perplexity } from './averages.js';
export type { FederatedData, RowEncoding } from './client-data.js';
export { systemClock } from './clock.js';
export type { Configuration, MethodEntry, SearchConfiguration, StrategyReference } from './configuration.js';
export { configurationJsonSchema } from './configuration.js';
export { createContainer } from './container.js';
export type {
  Adopted,
  Attack,
  Checkpoint,
  ClientData,
  ClientDraft,
  ClientRecord,
  Clock,
  ComposeInput,
  Evidence,
  EvidenceByMoment,
  Loss,
  Method,
  Personalization,
  Prior,
  RandomStreams,
  Registry,
  RoundDraft,
  Sampler,
  Store,
  StoredExamples,
  StrategyKey,
  StrategyKeys,
  Trained,
  TrainingJob,
  TrainingPhase,
  Transport,
} from './contract.js';
export { ATTACK, METHOD, PERSONALIZATION, SAMPLER } from './contract.js';
export { errors as runtimeErrors } from './errors.js';
export { evaluateRows, firstRowsPerClient, type RowsEvaluation } from './evaluate-rows.js';
export { evaluateRun, type RepeatedScore, TOLERANCE } from './evaluate-run.js';
export type { Evaluator } from './evaluate-values.js';
export { type ExplainedMethod, explainMethods, explanationText } from './explain-methods.js';
export { type HiddenStateCacheOptions, openHiddenStateCache } from './hidden-states/hidden-state-cache.js';
export type { Accuracy } from './label-accuracy.js';
export { type LoadedModel, loadModel } from './load-model.js';
export type { BatchSize, ClientLengths, ExampleLength } from './memory/batch-size.js';
export { type MemoryLimit, memoryLimit, type PlannedEngine, plannedEngine } from './memory/machine.js';
export { cureOf, gibibytes, type MemoryPlan, planMemory } from './memory/memory-plan.js';
export type { PlannedRun } from './memory/method-facts.js';
export type { MemoryParts, MemorySettings, MethodMemory, PhaseMemory } from './memory/plan-memory.js';
export { planRun } from './memory/plan-run.js';
export { type MethodCosts, methodCosts } from './method-costs.js';
export type { MethodPlan, SearchPlan } from './method-plan.js';
export { type ComparedClients, type Moment, type PairedDifference, pairedDifference } from './paired-differences.js';
export { readConfiguration, validateConfiguration } from './parse-configuration.js';
export { bestSoFar } from './personalizations/best-so-far.js';
export { type DittoOptions, ditto } from './personalizations/ditto.js';
export { type DualOptions, dual } from './personalizations/dual.js';
export { type HalvesOptions, halves } from './personalizations/halves.js';
export { type MoreauOptions, moreau } from './personalizations/moreau.js';
export { none } from './personalizations/none.js';
export { twoTracks } from './personalizations/two-tracks.js';
export { planMethods } from './plan-methods.js';
export { loadPlugins } from './plugins/load-plugins.js';
export { randomStreams } from './random-streams.js';
export { builtInMethods, registerRuntime } from './register.js';
export type { LocalOutcome, StepsAt, TakenSteps, TakenStepsStore } from './reuse/taken-steps.js';
export { takenStepsFiles } from './reuse/taken-steps-files.js';
export type { ClientProgress, MaskOverlap, Reused, RoundEvent, Sink, SplitPairs } from './round-event.js';
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
export type { CellSet } from './sweep/cell-name.js';
export { planSweep, type SweepCell, type SweepPlan, type SweepRequest } from './sweep/plan-sweep.js';
export { poolSeeds, type SeedClients } from './sweep/pool-seeds.js';
export { runSweep, type SweepJob, type SweepWorld } from './sweep/run-sweep.js';
export { type Spread, studentInterval } from './sweep/student-interval.js';
export type { SweepAxes } from './sweep/sweep-axes.js';
export type { ComparedRow, SpreadAverages, SweepResults, SweepRow, SweepSeed } from './sweep/sweep-results.js';
export { type SweepTable, sweepTable } from './sweep/sweep-table.js';
export type { Timings } from './timings.js';
