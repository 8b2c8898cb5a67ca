import { encodeRow, type Row } from '@perfit/datasets';
import type { RowEncoding } from './client-data.js';
import type { ClientData } from './contract.js';
import type { Evaluator } from './evaluate-values.js';

/** Distinct answers up to which a client's task counts as a label task. */
const MOST_LABELS = 12;

/** How often the likeliest label is the right one. */
export interface Accuracy {
  readonly correct: number;
  readonly rows: number;
  readonly labels: readonly string[];
}

/**
 * Accuracy by likelihood: of the labels that a client's training rows hold, the one with the least loss sum
 * (EOS included) is the prediction; ties go to the first in alphabetical order. Null where the client has more than
 * twelve distinct answers: a text task.
 */
export function labelAccuracy(
  client: ClientData,
  values: Float32Array | null,
  evaluator: Evaluator,
  encoding: RowEncoding,
): Accuracy | null {
  const { train, test } = client.rows();
  const labels = [...new Set([...train, ...test].map(({ output }) => output))].sort();
  if (labels.length > MOST_LABELS) return null;
  const candidates = test.flatMap((row) => labels.map((output): Row => ({ ...row, output })));
  const losses = evaluator.perExample(
    values,
    candidates.map((row) => encodeRow(row, encoding)),
  );
  const correct = test.filter((row, index) => {
    const own = losses.slice(index * labels.length, (index + 1) * labels.length).map(({ lossSum }) => lossSum);
    return labels[own.indexOf(Math.min(...own))] === row.output;
  }).length;
  return { correct, rows: test.length, labels };
}
