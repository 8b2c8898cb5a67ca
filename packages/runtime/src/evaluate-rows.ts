import { encodeRow, type Row } from '@perfit/datasets';
import type { SavedAdapter } from '@perfit/lora';
import type { Engine } from '@perfit/tensorflow';
import { createTrainer } from '@perfit/training';
import { perplexity } from './averages.js';
import type { RowEncoding } from './client-data.js';
import type { Loss } from './contract.js';
import { openEvaluator, sumLosses } from './evaluate-values.js';
import type { LoadedModel } from './load-model.js';

/** What `evaluate` prints. */
export interface RowsEvaluation {
  readonly tokens: number;
  readonly meanLoss: number;
  readonly perplexity: number;
  readonly examples: readonly Loss[];
  readonly clients: Readonly<
    Record<string, { readonly tokens: number; readonly meanLoss: number; readonly perplexity: number }>
  >;
}

/** Scores a model, with or without an adapter, on rows. */
export function evaluateRows(
  engine: Engine,
  { backbone }: LoadedModel,
  adapter: SavedAdapter | null,
  rows: readonly Row[],
  encoding: RowEncoding,
  warn: (message: string) => void,
): RowsEvaluation {
  const trainer = adapter
    ? createTrainer({ engine, backbone, layout: adapter.layout, scale: adapter.scale })
    : undefined;
  const evaluator = openEvaluator({ engine, backbone, trainer });
  try {
    warnOfCuts(rows, encoding, warn);
    const examples = evaluator.perExample(
      adapter?.values ?? null,
      rows.map((row) => encodeRow(row, encoding)),
    );
    const figures = (loss: Loss) => ({
      tokens: loss.tokens,
      meanLoss: loss.lossSum / loss.tokens,
      perplexity: perplexity(loss),
    });
    const ids = [...new Set(rows.flatMap((row) => (row.client === undefined ? [] : [row.client])))];
    const clients = ids.map(
      (id) => [id, figures(sumLosses(examples.filter((_, index) => rows[index]!.client === id)))] as const,
    );
    return {
      ...figures(sumLosses(examples)),
      examples: examples.map(({ lossSum, tokens }) => ({ lossSum, tokens })),
      clients: Object.fromEntries(clients),
    };
  } finally {
    trainer?.dispose();
  }
}

/** Says how many rows the model's context cuts; what the user's own limit cuts is as asked. */
function warnOfCuts(rows: readonly Row[], encoding: RowEncoding, warn: (message: string) => void): void {
  const { maxTokens = Number.POSITIVE_INFINITY, context } = encoding;
  if (maxTokens <= context) return;
  const whole = { ...encoding, maxTokens: undefined, context: undefined };
  const cut = rows.filter((row) => encodeRow(row, whole).ids.length > context).length;
  if (cut > 0)
    warn(
      `[perfit/runtime] ${cut} of ${rows.length} rows are longer than the model's context of ${context} tokens and were cut.`,
    );
}

/** The first N rows of each client; rows without a client count as one. */
export function firstRowsPerClient(rows: readonly Row[], limit: number): readonly Row[] {
  const taken = new Map<string, number>();
  return rows.filter(({ client = '' }) => {
    const count = taken.get(client) ?? 0;
    taken.set(client, count + 1);
    return count < limit;
  });
}
