export { testAggregator } from './conformance/aggregator.js';
export type { AggregatorTraits } from './conformance/bench.js';
export { testCodec } from './conformance/codec.js';
export { testExclusiveLaws } from './conformance/exclusive-laws.js';
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
