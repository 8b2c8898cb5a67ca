import type { Random } from '@perfit/strategy';
import type { Batch, Example } from './contract.js';
import { errors } from './errors.js';
import { makeBatch } from './make-batch.js';
import { shuffled } from './shuffle.js';

/** What {@link trainingBatches} draws from. */
export interface TrainingBatchesOptions {
  readonly examples: readonly Example[];
  readonly batchSize: number;
  /** The only source of the order. */
  readonly random: Random;
  /** Batches of one epoch that are sorted by length together; 1: no sorting. Default 4. Part of what decides the order. */
  readonly window?: number;
}

/**
 * An endless stream of full batches. The examples are shuffled anew for every epoch; epochs follow each other without a
 * gap, so that a batch may take the end of one and the start of the next, and a client with fewer examples than a
 * batch repeats them inside of it: there is always a next step. After every batch the
 * numbers of times that examples were seen differ by at most 1.
 *
 * Within an epoch, up to `window` batches at a time are sorted by length, cut, and come in a drawn order; no example meets
 * itself there. Batches hold no padding whatever the window is: on the native engine's CPU it saves nothing. Where attention
 * is composed of plain operations (WebAssembly, GPUs) it works on blocks as long as a batch's longest example, and examples
 * of like length make smaller blocks.
 *
 * @throws `datasets/no-examples`; `datasets/bad-option` for a batch size or window below 1.
 */
export function* trainingBatches(options: TrainingBatchesOptions): Generator<Batch, never> {
  const { examples, batchSize, random, window = 4 } = options;
  if (examples.length === 0)
    throw errors.make('no-examples', {
      what: 'a client has 0 training examples',
      cure: 'Leave it out, or give it rows',
    });
  for (const [name, value] of Object.entries({ batchSize, window }))
    if (!(Number.isInteger(value) && value >= 1))
      throw errors.make('bad-option', { what: `${name} is ${value}`, cure: 'Use a whole number from 1 up' });
  const batch = (indices: readonly number[]) => makeBatch(indices.map((i) => examples[i]));
  let rest: number[] = [];
  for (;;) {
    const epoch = shuffled(examples.length, random);
    const lead = rest.length === 0 ? 0 : batchSize - rest.length;
    if (lead > epoch.length) {
      rest = [...rest, ...epoch];
      continue;
    }
    if (lead > 0) yield batch([...rest, ...epoch.slice(0, lead)]);
    let start = lead;
    while (epoch.length - start >= batchSize) {
      const batches = Math.min(window, Math.floor((epoch.length - start) / batchSize));
      const sorted = epoch
        .slice(start, start + batches * batchSize)
        .sort((a, b) => examples[a].ids.length - examples[b].ids.length);
      for (const k of shuffled(batches, random)) yield batch(sorted.slice(k * batchSize, (k + 1) * batchSize));
      start += batches * batchSize;
    }
    rest = epoch.slice(start);
  }
}
