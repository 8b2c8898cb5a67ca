import type { Example } from '@perfit/datasets';
import type { PassSize } from '@perfit/training';
import { MAX_EXAMPLES, MAX_TOKENS } from '../evaluate-values.js';

/** What the memory of a pass over a batch depends on. */
export type BatchSize = Pick<PassSize, 'tokens' | 'lossTokens' | 'longest'>;

/** Tokens of an example: of its prompt, and of its response with the EOS. */
export interface ExampleLength {
  readonly prompt: number;
  readonly response: number;
}

/** Lengths of the rows of one client. */
export interface ClientLengths {
  readonly train: readonly ExampleLength[];
  /** Lists that are scored on their own. */
  readonly scored: readonly (readonly ExampleLength[])[];
}

const lengthOf = ({ ids, promptLength }: Example): ExampleLength => ({
  prompt: promptLength,
  response: ids.length - promptLength,
});

/** Lengths of a client's rows. */
export const lengthsOf = ({
  train,
  validation,
  test,
}: Readonly<Record<'train' | 'validation' | 'test', readonly Example[]>>): ClientLengths => ({
  train: train.map(lengthOf),
  scored: [validation.map(lengthOf), test.map(lengthOf)],
});

/** The same rows under a smaller `maxTokens`: the rule of `truncateExample`, which may be applied twice. */
export function cutLengths({ train, scored }: ClientLengths, maxTokens: number): ClientLengths {
  const cut = ({ prompt, response: whole }: ExampleLength): ExampleLength => {
    const response = Math.min(whole, Math.floor(maxTokens / 2));
    return { prompt: Math.min(prompt, maxTokens - response), response };
  };
  return { train: train.map(cut), scored: scored.map((rows) => rows.map(cut)) };
}

/** The `count` largest of some numbers, each of them there `times` times, added up. */
function sumOfLargest(all: readonly number[], count: number, times: number): number {
  const sorted = [...all].sort((a, b) => b - a);
  let sum = 0;
  for (let taken = 0; taken < count && taken < sorted.length * times; taken++)
    sum += sorted[Math.floor(taken / times)]!;
  return sum;
}

const tokensOf = ({ prompt, response }: ExampleLength): number => prompt + response;

const longestOf = (rows: readonly ExampleLength[]): number =>
  rows.reduce((most, row) => Math.max(most, tokensOf(row)), 0);

/** How often one example can be in a batch: epochs follow each other without a gap, so that two may meet inside of one. */
function mostRepeats(examples: number, batchSize: number): number {
  if (examples % batchSize === 0) return 1;
  return batchSize % examples === 0 ? batchSize / examples : Math.ceil(batchSize / examples) + 1;
}

/**
 * The most that any batch of training can hold, whatever the seed: the examples with most tokens together, and those with
 * the longest responses, as if they were the same ones.
 */
export function largestTrainingBatch(train: readonly ExampleLength[], batchSize: number): BatchSize {
  const times = mostRepeats(train.length, batchSize);
  return {
    tokens: sumOfLargest(train.map(tokensOf), batchSize, times),
    lossTokens: sumOfLargest(
      train.map(({ response }) => response),
      batchSize,
      times,
    ),
    longest: longestOf(train),
  };
}

/** The most that `count` of several batches, of different clients, can hold together. */
export function largestTogether(batches: readonly BatchSize[], count: number): BatchSize {
  const sum = (of: (batch: BatchSize) => number) => Math.max(1, sumOfLargest(batches.map(of), count, 1));
  return {
    tokens: sum(({ tokens }) => tokens),
    lossTokens: sum(({ lossTokens }) => lossTokens),
    longest: largestOf(batches).longest,
  };
}

/** The most that any batch of scoring can hold: `evaluationBatches` bounds its tokens and examples. */
export function largestScoringBatch(rows: readonly ExampleLength[]): BatchSize {
  const longest = Math.max(1, longestOf(rows));
  const most = Math.max(longest, MAX_TOKENS);
  const sum = (of: (length: ExampleLength) => number) => Math.min(most, sumOfLargest(rows.map(of), MAX_EXAMPLES, 1));
  return { tokens: sum(tokensOf), lossTokens: sum(({ response }) => response), longest };
}

/** A batch that is at least as large as each of several. */
export function largestOf(batches: readonly BatchSize[]): BatchSize {
  const most = (of: (batch: BatchSize) => number) => Math.max(1, ...batches.map(of));
  return {
    tokens: most(({ tokens }) => tokens),
    lossTokens: most(({ lossTokens }) => lossTokens),
    longest: most(({ longest }) => longest),
  };
}
