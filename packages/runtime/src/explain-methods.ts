import { stringify } from 'yaml';
import type { MethodPlan } from './method-plan.js';

/** One method as `run --explain` prints it. */
export interface ExplainedMethod {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  /** Every part with every option, as an entry of `methods` could say it. */
  readonly parts: Readonly<Record<string, unknown>>;
}

/** What the methods of a configuration expand to. */
export function explainMethods(plans: readonly MethodPlan[]): readonly ExplainedMethod[] {
  return plans.map(({ entry: { name, ...parts }, method: { summary, source } }) => ({ name, summary, source, parts }));
}

/** The same as YAML that a configuration can take in as its `methods`. */
export function explanationText(methods: readonly ExplainedMethod[]): string {
  return methods
    .map(({ name, summary, source, parts }) => `# ${summary} (${source})\n${stringify([{ name, ...parts }])}`)
    .join('');
}
