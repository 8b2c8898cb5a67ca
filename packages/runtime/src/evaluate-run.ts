import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PARTITIONER } from '@perfit/datasets';
import { readAdapter } from '@perfit/lora';
import type { Engine } from '@perfit/tensorflow';
import { createTrainer } from '@perfit/training';
import type { DependencyContainer } from 'tsyringe';
import { perplexity } from './averages.js';
import { dealOut, openDataset } from './client-data.js';
import { METHOD } from './contract.js';
import { errors } from './errors.js';
import { openEvaluator } from './evaluate-values.js';
import { type Accuracy, labelAccuracy } from './label-accuracy.js';
import { loadModel } from './load-model.js';
import { readConfiguration } from './parse-configuration.js';
import { randomStreams } from './random-streams.js';
import { rowEncoding } from './row-encoding.js';
import { resolveStrategy } from './strategies.js';
import type { MethodSummary } from './summary.js';

/** Largest relative difference between a saved perplexity and its repetition. */
export const TOLERANCE = 1e-4;

/** One client of a run, scored again. */
export interface RepeatedScore {
  readonly id: string;
  readonly tokens: number;
  readonly perplexity: number;
  /** What `summary.json` says. */
  readonly recorded: number;
  readonly agrees: boolean;
  /** Asked for with `accuracy`; null for text tasks. */
  readonly accuracy?: Accuracy | null;
}

/** Scores the saved adapters of one method's run again on each client's test rows, and holds them against `summary.json`. */
export async function evaluateRun(
  engine: Engine,
  container: DependencyContainer,
  directory: string,
  { data: dataPath, accuracy = false }: { readonly data?: string | undefined; readonly accuracy?: boolean } = {},
): Promise<readonly RepeatedScore[]> {
  const summaryFile = join(directory, 'summary.json');
  if (!existsSync(summaryFile) || !existsSync(join(directory, 'config.yaml'))) {
    throw errors.make('nothing-to-resume', {
      what: `${directory} is not the complete run of one method`,
      cure: 'Give DIR/METHOD of a finished run',
    });
  }
  const summary = JSON.parse(readFileSync(summaryFile, 'utf8')) as MethodSummary;
  const read = readConfiguration(join(directory, 'config.yaml'));
  const configuration =
    dataPath === undefined || typeof read.data === 'string'
      ? read
      : { ...read, data: { ...read.data, path: dataPath } };
  const entry = configuration.methods[0]!;
  const name = typeof entry === 'string' ? entry : (entry.method ?? entry.name);
  const method = container.resolveAll(METHOD).findLast((candidate) => candidate.name === name)!;
  const dataset = openDataset(configuration.data);
  const { checkpoint, backbone } = await loadModel(engine, configuration.model, configuration);
  const encoding = rowEncoding(checkpoint, configuration.maxTokens);
  const partitioner = resolveStrategy(container, PARTITIONER, 'partitioner', configuration.partitioner).make();
  const { clients, close } = dealOut(dataset, partitioner, configuration, encoding, randomStreams(configuration.seed));
  const last = summary.rounds.at(-1)!;
  const scores: RepeatedScore[] = [];
  try {
    for (const client of clients) {
      const adapter = method.trains
        ? readAdapter(join(directory, 'clients', encodeURIComponent(client.id)), { sites: backbone.sites })
        : null;
      const trainer = adapter
        ? createTrainer({ engine, backbone, layout: adapter.layout, scale: adapter.scale })
        : undefined;
      const evaluator = openEvaluator({ engine, backbone, trainer });
      try {
        const values = adapter?.values ?? null;
        const loss = evaluator.total(values, client.test);
        const line = last.clients.find(({ id }) => id === client.id);
        const recorded =
          (method.keeps === 'local' ? line?.personal.afterLocal : line?.personal.afterDistribution) ?? Number.NaN;
        const again = perplexity(loss);
        const score = {
          id: client.id,
          tokens: loss.tokens,
          perplexity: again,
          recorded,
          agrees: Math.abs(again - recorded) <= TOLERANCE * recorded,
        };
        scores.push(accuracy ? { ...score, accuracy: labelAccuracy(client, values, evaluator, encoding) } : score);
      } finally {
        trainer?.dispose();
      }
    }
  } finally {
    close();
    backbone.dispose();
  }
  return scores;
}
