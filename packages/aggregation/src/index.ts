export { interpolate, interpolateFactory } from './adoptions/interpolate.js';
export { replace, replaceFactory } from './adoptions/replace.js';
export { validated, validatedFactory } from './adoptions/validated.js';
export {
  type CentredClippingOptions,
  centredClipping,
  centredClippingFactory,
} from './aggregators/centred-clipping.js';
export { type FedAmpOptions, fedAmp, fedAmpFactory } from './aggregators/fed-amp.js';
export { fedExLora, fedExLoraFactory } from './aggregators/fed-ex-lora.js';
export { flexLora, flexLoraFactory } from './aggregators/flex-lora.js';
export { flora, floraFactory } from './aggregators/flora.js';
export { hetLora, hetLoraFactory } from './aggregators/het-lora.js';
export { krum, krumFactory } from './aggregators/krum.js';
export { type MaskSimilarityOptions, maskSimilarity, maskSimilarityFactory } from './aggregators/mask-similarity.js';
export { median, medianFactory } from './aggregators/median.js';
export { type MultiKrumOptions, multiKrum, multiKrumFactory } from './aggregators/multi-krum.js';
export { scaffold, scaffoldFactory } from './aggregators/scaffold.js';
export {
  type SharedExclusiveOptions,
  sharedExclusive,
  sharedExclusiveFactory,
} from './aggregators/shared-exclusive.js';
export { type TrimmedMeanOptions, trimmedMean, trimmedMeanFactory } from './aggregators/trimmed-mean.js';
export { weightedMean, weightedMeanFactory } from './aggregators/weighted-mean.js';
export { checkUpdate } from './check-update.js';
export { checkedFold } from './checked-fold.js';
export { bf16, bf16Factory } from './codecs/bf16.js';
export { f32, f32Factory } from './codecs/f32.js';
export { type Int8Options, int8, int8Factory } from './codecs/int8.js';
export type {
  Adoption,
  AdoptionInput,
  AggregationPoint,
  Aggregator,
  AggregatorDemands,
  Codec,
  Download,
  Fold,
  FoldContext,
  ServerRule,
  ServerState,
  Update,
} from './contract.js';
export { ADOPTION, AGGREGATOR, CODEC, SERVER_RULE } from './contract.js';
export { errors as aggregationErrors } from './errors.js';
export type { KrumOptions } from './krum-ranking.js';
export { type MaskedCount, maskedCount } from './masked-count.js';
export { addScaled, addWeighted, type MaskedSum, maskedSum } from './masked-sum.js';
export { aggregationFactories, registerAggregation } from './register.js';
export { type Combine, type RobustOptions, robustAggregator, type Upload } from './robust.js';
export type { AdaptiveOptions, DecayingOptions } from './server-rules/adaptive.js';
export { fedAdagrad, fedAdagradFactory } from './server-rules/fed-adagrad.js';
export { fedAdam, fedAdamFactory } from './server-rules/fed-adam.js';
export { type FedAvgMOptions, fedAvgM, fedAvgMFactory } from './server-rules/fed-avg-m.js';
export { fedYogi, fedYogiFactory } from './server-rules/fed-yogi.js';
export { none, noneFactory } from './server-rules/none.js';
export { type ServerStep, serverRule } from './server-step.js';
export { stateArray } from './state-array.js';
