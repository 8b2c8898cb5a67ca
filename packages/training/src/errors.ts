import { defineErrors } from '@perfit/strategy';

/** Errors of `@perfit/training`. */
export const errors = defineErrors('training', {
  'unknown-site': 'The layout names a projection that the backbone does not have, or has in another shape.',
  'bad-option':
    'An option of the optimiser, of a learning-rate schedule or of a local update rule is outside its range.',
  'no-loss-tokens': 'A batch has no token that carries loss.',
  'loss-not-finite': 'The loss of a step is NaN or infinite; the values are those before the step.',
  'values-not-finite': 'The adapter holds NaN or infinite values.',
  'not-gathering': 'Statistics were asked for without `gather`, or before any step.',
  'bad-factor': 'A low-rank factor does not fit the frozen weight that it is to be added to.',
  'bad-steps': 'Steps were asked for together of a session of another trainer, or twice of one session.',
  disposed: 'A trainer or session was used after `dispose`.',
});
