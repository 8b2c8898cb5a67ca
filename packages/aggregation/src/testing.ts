export { type AggregatorTraits, testAggregator } from './conformance/aggregator.js';
export {
  contextOf,
  nextRound,
  type Server,
  sampleLayout,
  sampleUpdate,
  sampleUpdates,
  seededRandom,
  startServer,
} from './conformance/federation.js';
export { testSharedExclusiveLaws } from './conformance/shared-exclusive-laws.js';
