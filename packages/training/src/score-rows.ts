import type { Batch } from '@perfit/datasets';
import type { AdapterState } from '@perfit/lora';
import type { Importance } from '@perfit/nas';
import type { Random } from '@perfit/strategy';
import type { Trainer } from './contract.js';

/** Scores every position of an adapter, all rows taken as one batch: what `perfit scores` writes. Length P. */
export function scoreRows(input: {
  readonly trainer: Trainer;
  readonly state: AdapterState;
  /** However the rows are cut, the result is that of one batch. */
  readonly batches: readonly Batch[];
  readonly importance: Importance;
  readonly random: Random;
}): Float32Array {
  const { trainer, state, batches, importance, random } = input;
  const statistics = trainer.statistics(state, batches, importance.needs);
  return importance.score({ layout: trainer.layout, statistics, random });
}
