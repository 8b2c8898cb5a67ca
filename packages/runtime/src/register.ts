import type { StrategyFactory } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { noiseFactory } from './attacks/noise.js';
import { signFlipFactory } from './attacks/sign-flip.js';
import { ATTACK, type Attack, METHOD, PERSONALIZATION, type Personalization, SAMPLER } from './contract.js';
import { centralised } from './methods/centralised.js';
import { centredClipping } from './methods/centred-clipping.js';
import { ditto } from './methods/ditto.js';
import { fdlora } from './methods/fdlora.js';
import { fedadam } from './methods/fedadam.js';
import { fedamp } from './methods/fedamp.js';
import { fedavgm } from './methods/fedavgm.js';
import { feddpa } from './methods/feddpa.js';
import { fedexLora } from './methods/fedex-lora.js';
import { fedit } from './methods/fedit.js';
import { feditLocal } from './methods/fedit-local.js';
import { fedprox } from './methods/fedprox.js';
import { fedsaLora } from './methods/fedsa-lora.js';
import { fedyogi } from './methods/fedyogi.js';
import { ffaLora } from './methods/ffa-lora.js';
import { flexlora } from './methods/flexlora.js';
import { flora } from './methods/flora.js';
import { hetlora } from './methods/hetlora.js';
import { krum } from './methods/krum.js';
import { lgFedavg } from './methods/lg-fedavg.js';
import { localOnly } from './methods/local-only.js';
import { median } from './methods/median.js';
import { multiKrum } from './methods/multi-krum.js';
import { perfit } from './methods/perfit.js';
import { perfitGuarded } from './methods/perfit-guarded.js';
import { perfitValidated } from './methods/perfit-validated.js';
import { pfedme } from './methods/pfedme.js';
import { rolora } from './methods/rolora.js';
import { scaffold } from './methods/scaffold.js';
import { trimmedMean } from './methods/trimmed-mean.js';
import { untuned } from './methods/untuned.js';
import { bestSoFarFactory } from './personalizations/best-so-far.js';
import { dittoFactory } from './personalizations/ditto.js';
import { dualFactory } from './personalizations/dual.js';
import { halvesFactory } from './personalizations/halves.js';
import { moreauFactory } from './personalizations/moreau.js';
import { noneFactory } from './personalizations/none.js';
import { twoTracksFactory } from './personalizations/two-tracks.js';
import { fractionFactory } from './samplers/fraction.js';

const attacks = [signFlipFactory, noiseFactory] as StrategyFactory<Attack>[];
const personalizations = [
  noneFactory,
  dittoFactory,
  moreauFactory,
  dualFactory,
  halvesFactory,
  bestSoFarFactory,
  twoTracksFactory,
] as StrategyFactory<Personalization>[];

/** Every built-in method: controls, averaging, personal, robust, PerFIT. */
export const builtInMethods = [
  ...[untuned, localOnly, centralised],
  ...[fedit, feditLocal, fedprox, fedavgm, fedadam, fedyogi, scaffold],
  ...[ffaLora, rolora, flora, flexlora, fedexLora, hetlora],
  ...[fedsaLora, lgFedavg, ditto, pfedme, feddpa, fdlora, fedamp],
  ...[median, trimmedMean, krum, multiKrum, centredClipping],
  ...[perfit, perfitValidated, perfitGuarded],
];

/** Registers the runtime's own methods, personalizations, attacks and samplers. */
export function registerRuntime(container: DependencyContainer): void {
  for (const method of builtInMethods) container.register(METHOD, { useValue: method });
  for (const factory of personalizations) container.register(PERSONALIZATION, { useValue: factory });
  for (const factory of attacks) container.register(ATTACK, { useValue: factory });
  container.register(SAMPLER, { useValue: fractionFactory });
}
