import type { Plugin } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { errors } from '../errors.js';

const EXPORTS_SHOWN = 8;

/** What each field of a plugin must be. */
const FIELDS: Readonly<Record<keyof Plugin, readonly [form: string, valid: (value: unknown) => boolean]>> = {
  name: ['a name', (value) => typeof value === 'string' && value !== ''],
  requires: ['an array of names of plugins', (value) => isList(value, () => true)],
  provides: ["an array of 'kind/name'", (value) => isList(value, (entry) => /^[^/\s]+\/[^/\s]+$/.test(entry))],
  register: ['a function of a container', (value) => typeof value === 'function'],
};

/**
 * The plugin that a module exports, as `plugin` or as its default.
 *
 * @throws `runtime/plugin-without-export`, `runtime/plugin-malformed`; both name what was found instead.
 */
export function pluginOf(reference: string, module: Readonly<Record<string, unknown>>): Plugin<DependencyContainer> {
  const found = module.plugin ?? module.default;
  if (found === undefined || found === null) {
    const names = Object.keys(module).filter((name) => name !== 'default');
    const shown = names.slice(0, EXPORTS_SHOWN).join(', ') + (names.length > EXPORTS_SHOWN ? ', …' : '');
    throw errors.make('plugin-without-export', {
      what: `${reference} exports ${shown || 'nothing'}, and neither 'plugin' nor a default`,
      cure: 'Export const plugin = { name, requires, provides, register }',
    });
  }
  for (const [field, [form, valid]] of Object.entries(FIELDS)) {
    const value = (found as Readonly<Record<string, unknown>>)[field];
    if (valid(value)) continue;
    throw errors.make('plugin-malformed', {
      what: `the plugin of ${reference} has ${field} ${show(value)} where there must be ${form}`,
      cure: 'Export const plugin = { name, requires, provides, register }',
    });
  }
  return found as Plugin<DependencyContainer>;
}

const isList = (value: unknown, valid: (entry: string) => boolean): boolean =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string' && valid(entry));

const show = (value: unknown): string =>
  typeof value === 'function' ? 'a function' : (JSON.stringify(value)?.slice(0, 60) ?? 'undefined');
