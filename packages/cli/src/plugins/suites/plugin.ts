/// <reference types="jest" />
import { createContainer, METHOD, type Method } from '@perfit/runtime';
import type { Plugin } from '@perfit/strategy';
import { contractSuites } from '../contract-suites.js';
import { type Container, findRegistrations, isFactory, type Registration, tokenName } from '../find-registrations.js';

/**
 * What every plugin does, as a jest suite: it provides what it says, under the tokens of its kinds, in every container.
 *
 * @param registrations what it registers into an empty container.
 */
export function testPlugin(plugin: Plugin<Container>, registrations: readonly Registration[]): void {
  const strategies = registrations.flatMap(({ token, value }) =>
    token === METHOD ? [`method/${(value as Method).name}`] : isFactory(value) ? [`${value.kind}/${value.name}`] : [],
  );
  test('provides exactly the strategies that it registers', () => {
    expect([...plugin.provides].sort()).toEqual([...strategies].sort());
  });

  test('adds at least one strategy or service', () => {
    expect(registrations.length).toBeGreaterThan(0);
  });

  test('registers every strategy under the token of its kind', () => {
    for (const { kind, token } of contractSuites)
      for (const { token: used, value } of registrations)
        if (isFactory(value) && value.kind === kind) expect(tokenName(used)).toBe(tokenName(token));
  });

  test('registers the same into every container', () => {
    const again = findRegistrations(plugin, createContainer());
    expect(again.map(({ token }) => tokenName(token))).toEqual(registrations.map(({ token }) => tokenName(token)));
  });
}
