/// <reference types="jest" />
import type { StrategyFactory } from '@perfit/strategy';

/**
 * What every factory says of itself, as a jest suite: names as a configuration writes them, a summary, options that are
 * validated, and a maker that answers to its own name.
 *
 * @param make makes the strategy as the runtime would, with the options of `factory.conformance`.
 */
export function testFactory(factory: StrategyFactory<unknown>, make: () => unknown): void {
  test('has a kebab-case name and a summary of one sentence', () => {
    expect(factory.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(factory.summary).toMatch(/^\S.*\.$/);
  });

  test('refuses an option that it does not know', () => {
    expect(factory.optionsSchema.safeParse({ 'no-such-option': 1 }).success).toBe(false);
  });

  test('is made from its options, under its own name', () => {
    expect(make()).toMatchObject({ name: factory.name });
  });
}
