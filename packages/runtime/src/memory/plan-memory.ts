import { evaluationMemory, loadingBytes, type PassMemory, trainingMemory } from '@perfit/training';
import {
  type BatchSize,
  type ClientLengths,
  cutLengths,
  largestOf,
  largestScoringBatch,
  largestTogether,
  largestTrainingBatch,
  lengthsOf,
} from './batch-size.js';
import type { PlannedEngine } from './machine.js';
import { type MethodFacts, methodFacts, type PlannedRun } from './method-facts.js';
import { PROCESS_BYTES, slackBytes, TOKENIZER_BYTES } from './process-memory.js';

/** Bytes by what they are, at the moment at which most is alive. */
export interface MemoryParts extends Readonly<PassMemory['parts']> {
  /** Plain arrays and text: rows, client records, the server, uploads. */
  readonly host: number;
  /** Node, modules, the engine's libraries, the tokenizer; measured. */
  readonly process: number;
  /** What allocators and V8 keep beyond what is counted; measured. */
  readonly slack: number;
}

/** One phase of a run at its peak. */
export interface PhaseMemory {
  readonly phase: 'loading' | 'training' | 'evaluation';
  /** When within a pass that is: `logits`, `optimiser`, … */
  readonly moment: PassMemory['moment'] | 'weights';
  readonly batch: BatchSize;
  readonly parts: MemoryParts;
  readonly total: number;
}

/** What one method needs: its phase that needs most, and all of them. */
export interface MethodMemory {
  readonly name: string;
  readonly peak: PhaseMemory;
  readonly phases: readonly PhaseMemory[];
}

/** The values that a cure may change. */
export interface MemorySettings {
  readonly batchSize: number;
  readonly maxTokens: number;
  readonly dtype: 'f32' | 'bf16';
  readonly activationCheckpointing: boolean;
  readonly clientsAtOnce: number;
}

/** Plans the memory of a run under any settings; what does not depend on them is found once. */
export interface MemoryPlanner {
  readonly settings: MemorySettings;
  readonly under: (settings: MemorySettings) => readonly MethodMemory[];
}

/** Largest batches of a run's training, of the clients in one pass and pooled, and of its scoring. */
function largestBatches(clients: readonly ClientLengths[], { batchSize, maxTokens, clientsAtOnce }: MemorySettings) {
  const cut = clients.map((lengths) => cutLengths(lengths, maxTokens));
  return {
    training: largestTogether(
      cut.map(({ train }) => largestTrainingBatch(train, batchSize)),
      clientsAtOnce,
    ),
    pooled: largestTrainingBatch(
      cut.flatMap(({ train }) => train),
      batchSize,
    ),
    scoring: largestOf(cut.flatMap(({ scored }) => scored.map(largestScoringBatch))),
  };
}

/** Opens the plan of a run. */
export function memoryPlanner(run: PlannedRun, engine: PlannedEngine): MemoryPlanner {
  const { config, configuration, data } = run;
  const { batchSize, maxTokens, dtype, activationCheckpointing, clientsAtOnce } = configuration;
  const lengths = data.clients.map(({ train, validation, test }) =>
    lengthsOf({ train: train.read(), validation: validation.read(), test: test.read() }),
  );
  const methods = methodFacts(run);
  const fixed = PROCESS_BYTES[engine.kind] + TOKENIZER_BYTES * config.vocabulary;

  const phase = (
    about: Pick<PhaseMemory, 'phase' | 'moment' | 'batch'>,
    engineParts: PassMemory['parts'],
    host: number,
  ): PhaseMemory => {
    const counted = Object.values(engineParts).reduce((sum, bytes) => sum + bytes, host);
    const parts = { ...engineParts, host, process: fixed, slack: slackBytes(counted) };
    return { ...about, parts, total: counted + parts.process + parts.slack };
  };
  const ofPass = (name: 'training' | 'evaluation', batch: BatchSize, { moment, parts }: PassMemory, host: number) =>
    phase({ phase: name, moment, batch }, parts, host);

  const ofMethod = (facts: MethodFacts, settings: MemorySettings, batches: ReturnType<typeof largestBatches>) => {
    const { layout, trains, pools, statistics, changed, host, name } = facts;
    const vectors = facts.vectors(settings.clientsAtOnce);
    const size = { config, dtype: settings.dtype, panel: engine.panel, changed };
    const checkpointing = settings.activationCheckpointing;
    const batch = pools ? batches.pooled : batches.training;
    const loading = {
      weights: loadingBytes(size),
      saved: 0,
      logits: 0,
      temporary: 0,
      adapter: 0,
      statistics: 0,
      scratch: 0,
    };
    // An adapter that is scored: scales, and its slots.
    const scoring = evaluationMemory({ ...size, ...batches.scoring, layout, vectors: trains ? 2 : 0 });
    const phases = [
      phase({ phase: 'loading', moment: 'weights', batch: { tokens: 0, lossTokens: 0, longest: 0 } }, loading, 0),
      ...(trains
        ? [
            ofPass(
              'training',
              batch,
              trainingMemory({ ...size, ...batch, layout, vectors, statistics, clip: true, checkpointing }),
              host,
            ),
          ]
        : []),
      ofPass('evaluation', batches.scoring, scoring, host),
    ];
    return { name, phases, peak: phases.reduce((most, next) => (next.total > most.total ? next : most)) };
  };
  return {
    settings: { batchSize, maxTokens, dtype, activationCheckpointing, clientsAtOnce },
    under: (settings) => {
      const batches = largestBatches(lengths, settings);
      return methods.map((facts) => ofMethod(facts, settings, batches));
    },
  };
}
