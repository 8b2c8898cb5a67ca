import { createContainer, explainMethods, METHOD, planMethods, readConfiguration, strategiesOf } from '@perfit/runtime';
import { KINDS } from './kinds.mjs';

/** Of several registrations of one name the last counts, as in a run. */
const lastOfEach = (named) => [...new Map(named.map((each) => [each.name, each])).values()];

/** Everything that is registered: kinds with their strategies' factories, and methods with their plans. */
export function readCatalogue(container = createContainer()) {
  const kinds = KINDS.map((kind) => ({ ...kind, strategies: lastOfEach(strategiesOf(container, kind.token)) }));
  const methods = lastOfEach(container.resolveAll(METHOD)).map((method) => {
    const plans = planMethods(container, readConfiguration(null, [`methods=[${method.name}]`]));
    const [plan] = plans;
    return { method, plan, explained: explainMethods(plans)[0] };
  });
  return { container, kinds, methods };
}

/** A strategy as a configuration names it, every option written out. */
export function referenceOf(factory) {
  const options = factory.optionsSchema.parse(factory.conformance?.options ?? {});
  return Object.keys(options).length === 0 ? factory.name : { name: factory.name, ...options };
}
