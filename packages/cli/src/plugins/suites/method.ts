/// <reference types="jest" />
import { type createContainer, type Method, planMethods, validateConfiguration } from '@perfit/runtime';

/**
 * The contract of every {@link Method}, as a jest suite: it says what it does and where it comes from, and its parts
 * exist, take the options that it gives them, and go together.
 *
 * @param container holds the method and its parts.
 */
export function testMethod(method: Method, container: ReturnType<typeof createContainer>): void {
  test('has a kebab-case name, a summary of one sentence and a source', () => {
    expect(method.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(method.summary).toMatch(/^\S.*\.$/);
    expect(method.source).toMatch(/\S/);
  });

  test('its parts exist, take their options and go together', () => {
    const configuration = validateConfiguration({ methods: [method.name] }, 'the method');
    const [plan] = planMethods(container, configuration);
    expect(plan?.method).toBe(method);
  });
}
