/// <reference types="jest" />
import { type ServerRule, sharedExclusive, weightedMean } from '@perfit/aggregation';
import { type AggregatorTraits, testAggregator, testExclusiveLaws } from '@perfit/aggregation/testing';

/**
 * The contract of every {@link ServerRule}, as a jest suite: what it makes of an aggregator is an aggregator still, and
 * around the shared / exclusive rule exclusive positions stay untouched (law 3).
 *
 * @param make makes the rule; called for every test.
 */
export function testServerRule(make: () => ServerRule, traits: AggregatorTraits): void {
  test('what it wraps keeps its name', () => {
    expect(make().wrap(weightedMean()).name).toBe('weighted-mean');
  });

  describe('around weighted-mean', () => testAggregator(() => make().wrap(weightedMean()), traits));
  describe('around shared-exclusive', () => {
    testAggregator(() => make().wrap(sharedExclusive()), traits);
    testExclusiveLaws((options) => make().wrap(sharedExclusive(options)));
  });
}
