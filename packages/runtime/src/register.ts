import type { DependencyContainer } from 'tsyringe';
import { METHOD, SAMPLER } from './contract.js';
import { fedit } from './methods/fedit.js';
import { feditLocal } from './methods/fedit-local.js';
import { localOnly } from './methods/local-only.js';
import { perfit } from './methods/perfit.js';
import { perfitValidated } from './methods/perfit-validated.js';
import { untuned } from './methods/untuned.js';
import { fractionFactory } from './samplers/fraction.js';

/** Every built-in method. */
export const builtInMethods = [untuned, localOnly, fedit, feditLocal, perfit, perfitValidated];

/** Registers the runtime's own methods and samplers. */
export function registerRuntime(container: DependencyContainer): void {
  for (const method of builtInMethods) container.register(METHOD, { useValue: method });
  container.register(SAMPLER, { useValue: fractionFactory });
}
