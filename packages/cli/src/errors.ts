import { defineErrors } from '@perfit/strategy';

/** Errors of `@perfit/cli`. */
export const errors = defineErrors('cli', {
  'wrong-use': 'The command line is not one that the command takes.',
  'duplicate-folder': 'Two client folders have the same name.',
  'different-adapters': 'Client folders hold adapters that cannot be averaged with each other.',
  'bad-name': 'A strategy cannot be named like that.',
  'unknown-kind': 'There is no such kind of strategy.',
  'missing-client': 'The run has no such client.',
  'not-empty': 'The output folder already holds something.',
  'evaluation-differs': 'A saved adapter does not score what the run recorded.',
});
