export {
  architectureFrom,
  architectureFromBytes,
  emptyArchitecture,
  filterArchitecture,
  fullArchitecture,
  isLive,
  livePositions,
  lowestOne,
  wordsOf,
} from './architecture.js';
export {
  difference,
  equalArchitectures,
  expectedJaccard,
  intersect,
  jaccard,
  union,
} from './architecture-algebra.js';
export { capRanks } from './cap-ranks.js';
export type { CompactAdapter, Compaction } from './compact-ranks.js';
export { compactLayout, compactRanks, embedAdapter, liveComponents } from './compact-ranks.js';
export { composeResidual } from './compose-residual.js';
export type {
  AdapterState,
  Architecture,
  ClientState,
  Initialization,
  InitializationInput,
  Layout,
  LowRankFactor,
  PositionRule,
  Site,
  Slot,
  Start,
} from './contract.js';
export { INITIALIZATION, POSITION_RULE } from './contract.js';
export { errors as loraErrors } from './errors.js';
export type { GaussianOptions } from './initializations/gaussian.js';
export { gaussian, gaussianFactory } from './initializations/gaussian.js';
export { olora, oloraFactory } from './initializations/olora.js';
export type { OrthogonalOptions } from './initializations/orthogonal.js';
export { orthogonal, orthogonalFactory } from './initializations/orthogonal.js';
export { pissa, pissaFactory } from './initializations/pissa.js';
export type { SymmetricOptions } from './initializations/symmetric.js';
export { symmetric, symmetricFactory } from './initializations/symmetric.js';
export { zero, zeroFactory } from './initializations/zero.js';
export type { SiteSlots } from './layout.js';
export { createLayout, factorName, parametersAtRank, slotsBySite } from './layout.js';
export { lowRankFactors } from './low-rank-factors.js';
export { applyArchitecture, pack, unpack, unpackInto } from './masked-values.js';
export { mergeDelta } from './merge-delta.js';
export { readAdapter } from './peft/read-adapter.js';
export type { SavedAdapter } from './peft/saved-adapter.js';
export { writeAdapter } from './peft/write-adapter.js';
export { all, allFactory } from './positions/all.js';
export type { AlternateOptions } from './positions/alternate.js';
export { alternate, alternateFactory } from './positions/alternate.js';
export type { ComponentsOptions } from './positions/components.js';
export { components, componentsFactory } from './positions/components.js';
export type { FactorOptions } from './positions/factor.js';
export { factor, factorFactory } from './positions/factor.js';
export type { LayersOptions } from './positions/layers.js';
export { layers, layersFactory } from './positions/layers.js';
export { none, noneFactory } from './positions/none.js';
export type { MirroredPairs } from './ranks.js';
export { mirroredPairs, rankArchitecture } from './ranks.js';
export { loraFactories, registerLora } from './register.js';
export { selectSites } from './select-sites.js';
