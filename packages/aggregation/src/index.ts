export type {
  Adoption,
  AdoptionInput,
  Aggregator,
  Download,
  Fold,
  FoldContext,
  ResidualFactor,
  ServerState,
  Update,
} from './contract.js';
export { ADOPTION, AGGREGATOR } from './contract.js';
