export type {
  Granularity,
  Importance,
  Schedule,
  SearchIteration,
  SearchResult,
  StatisticNeed,
  Statistics,
  Trainee,
} from './contract.js';
export { GRANULARITY, IMPORTANCE, SCHEDULE } from './contract.js';
