import { defineErrors } from '@perfit/strategy';

/** Errors of this package. */
export const errors = defineErrors('aggregation', {
  'update-size': 'An update’s masks or values do not fit the layout or each other.',
  'mask-outside': 'An update carries positions outside of its client’s architecture.',
  'not-finite': 'An update carries NaN or an infinity: the client diverged, or the upload is broken.',
  'bad-vector': 'An update lacks a vector that the aggregator demands, or one does not fit its mask.',
  'bad-examples': 'An update’s number of examples is not a whole number from 1 up.',
  'bad-client': 'An update names no client.',
  'second-update': 'A client sent two updates in one round.',
  'fold-finished': 'An update came after its round was finished.',
  'bad-state': 'A server state does not belong to this aggregator and layout.',
  'bad-registry': 'A client’s registered architecture is not among the counts of the server state.',
  'bad-option': 'An option is outside of its range.',
  'too-few-clients': 'A robust rule got fewer updates in a round than it needs.',
  'no-point': 'A server rule was put around an aggregator that keeps no common mean to move.',
  'bad-adoption': 'A client’s own adapter and the received one do not fit each other.',
});
