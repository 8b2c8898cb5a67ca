import { CHAT } from '@perfit/datasets';
import { createContainer, METHOD, type Method, resolveStrategy, strategiesOf } from '@perfit/runtime';
import type { Plugin, StrategyFactory } from '@perfit/strategy';
import { createEngine } from '@perfit/tensorflow';
import type { InjectionToken } from 'tsyringe';
import { contractSuites, type OpenEngine } from './contract-suites.js';
import { type Container, findRegistrations, isFactory, type Registration, tokenName } from './find-registrations.js';
import { runSuite, type TestResult } from './runner/run-suite.js';
import { testFactory } from './suites/factory.js';
import { testMethod } from './suites/method.js';
import { testPlugin } from './suites/plugin.js';

/** What became of a plugin's laws. */
export interface ConformanceReport {
  readonly plugin: string;
  /** `kind/name` of what was tested, with what its factory says of itself. */
  readonly strategies: readonly TestedStrategy[];
  /** `kind/name` of what has no contract suite, and tokens of services. */
  readonly notProven: readonly string[];
  /** Every law of every strategy, in order. */
  readonly results: readonly TestResult[];
  readonly passed: number;
  readonly failed: number;
}

/** A strategy as its suite saw it. */
export interface TestedStrategy {
  readonly strategy: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly traits: Readonly<Record<string, unknown>>;
}

/** Options of {@link conformPlugin} and {@link conformBuiltIn}. */
export interface ConformOptions {
  /** Plugins that it requires. */
  readonly plugins?: readonly Plugin<Container>[];
  /** Opens the engine for kinds that compute on one; default: the installed one. */
  readonly openEngine?: OpenEngine;
  /** Hears of every result as it comes. */
  readonly listen?: (result: TestResult) => void;
}

/**
 * Runs the contract suite of every strategy that a plugin adds, outside of any test framework.
 *
 * @throws `runtime/missing-plugin` where what it requires is not among `plugins`.
 *
 * @example
 * const { results } = await conformPlugin(plugin);
 * assert.deepEqual(results.filter(({ passed }) => !passed), []);
 */
export async function conformPlugin(
  plugin: Plugin<Container>,
  options: ConformOptions = {},
): Promise<ConformanceReport> {
  const container = createContainer([...(options.plugins ?? []), plugin]);
  const registrations = findRegistrations(plugin, createContainer(options.plugins ?? []));
  const report = startReport(plugin.name, options);
  await report.run(`plugin ${plugin.name}`, () => testPlugin(plugin, registrations));
  await conformAll(registrations, container, report, options);
  return report.finish();
}

/** Runs the contract suites of everything that is built in. */
export async function conformBuiltIn(options: ConformOptions = {}): Promise<ConformanceReport> {
  const container = createContainer();
  const factories = contractSuites.flatMap(({ token }) =>
    strategiesOf(container, token).map((value): Registration => ({ token, value })),
  );
  const methods = container.resolveAll(METHOD).map((value): Registration => ({ token: METHOD, value }));
  const report = startReport('built-in', options);
  await conformAll([...factories, ...methods], container, report, options);
  return report.finish();
}

type Report = ReturnType<typeof startReport>;

function startReport(plugin: string, { listen = () => {} }: ConformOptions) {
  const [strategies, notProven, results]: [TestedStrategy[], string[], TestResult[]] = [[], [], []];
  return {
    tested: (strategy: TestedStrategy) => void strategies.push(strategy),
    notProven: (what: string) => void notProven.push(what),
    run: async (title: string, declare: () => void) => {
      const under = (result: TestResult) => ({ ...result, title: `${title} › ${result.title}` });
      results.push(...(await runSuite(declare, (result) => listen(under(result)))).map(under));
    },
    finish: (): ConformanceReport => {
      const passed = results.filter((result) => result.passed).length;
      return { plugin, strategies, notProven, results, passed, failed: results.length - passed };
    },
  };
}

async function conformAll(
  registrations: readonly Registration[],
  container: Container,
  report: Report,
  { openEngine = () => createEngine() }: ConformOptions,
): Promise<void> {
  // Prompts may ask for the model's own template: a plain one stands in for it.
  container.register(CHAT, {
    useValue: (messages) => messages.map(({ role, content }) => `<${role}>${content}</${role}>`).join(''),
  });
  for (const { token, value } of registrations) {
    if (token === METHOD) {
      const method = value as Method;
      report.tested({ strategy: `method/${method.name}`, options: {}, traits: {} });
      await report.run(`method/${method.name}`, () => testMethod(method, container));
      continue;
    }
    if (!isFactory(value)) {
      report.notProven(tokenName(token));
      continue;
    }
    const strategy = `${value.kind}/${value.name}`;
    const { options = {}, traits = {} } = value.conformance ?? {};
    // As the runtime makes it: options validated, defaults filled in, dependencies injected.
    const kind = token as InjectionToken<StrategyFactory<unknown>>;
    const make = () => resolveStrategy(container, kind, value.kind, { name: value.name, ...options }).make();
    const suite = contractSuites.find((candidate) => candidate.token === token);
    if (suite) report.tested({ strategy, options, traits });
    else report.notProven(strategy);
    await report.run(strategy, () => {
      testFactory(value, make);
      suite?.declare(make, traits, openEngine);
    });
  }
}
