import { defineErrors } from '@perfit/strategy';

/** Errors of this package. */
export const errors = defineErrors('datasets', {
  'file-not-found': 'A data file or directory does not exist or cannot be read.',
  'missing-split': 'A data directory lacks train.jsonl or test.jsonl.',
  'empty-file': 'A data file holds no row.',
  'not-utf8': 'A line of a data file is not UTF-8.',
  'malformed-row': 'A line of a data file is not a row: FILE:LINE and what is wrong with it.',
  'bad-option': 'An option is outside of its range.',
  'no-examples': 'There is nothing to make a batch of.',
  'empty-prompt': 'A prompt has no token, so nothing predicts the first token of its response.',
  'missing-field': 'Rows lack the field that a partitioner goes by.',
  'unknown-value': 'A value that a partitioner was told to use does not occur in the rows.',
  'client-name': 'A client name cannot be the name of a folder.',
  'too-few-rows': 'There are fewer rows than the clients need.',
  'unlucky-draw': 'No draw within the attempts gave every client its minimum of rows.',
});
