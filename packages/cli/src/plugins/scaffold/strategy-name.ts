import { errors } from '../../errors.js';

/** The words of one name, for each place where it is written. */
export interface StrategyName {
  /** `inverse-norm`: in a configuration, and of files. */
  readonly kebab: string;
  /** `inverseNorm`: of the function. */
  readonly camel: string;
  /** `InverseNorm`: of types. */
  readonly pascal: string;
}

const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof undefined var void while with yield'
  ).split(' '),
);
const LONGEST = 60;

/**
 * Takes a name as it stands in a configuration.
 *
 * @param taken identifiers that the code around it imports.
 * @throws `cli/bad-name` unless it is kebab-case, and free as an identifier.
 */
export function strategyName(kebab: string, taken: ReadonlySet<string>): StrategyName {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(kebab) || kebab.length > LONGEST) {
    const cured = kebab
      .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^[^a-z]+|-+$/g, '')
      .slice(0, LONGEST);
    throw errors.make('bad-name', {
      what: `a strategy cannot be named '${kebab}': names are kebab-case, from a letter, up to ${LONGEST} characters`,
      cure: cured ? `Try '${cured}'` : `Try 'inverse-norm'`,
    });
  }
  const camel = kebab.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  if (RESERVED.has(camel) || taken.has(camel))
    throw errors.make('bad-name', {
      what: `a strategy cannot be named '${kebab}': its function would be called ${camel}, which is taken`,
      cure: `Try 'my-${kebab}'`,
    });
  return { kebab, camel, pascal: camel[0]!.toUpperCase() + camel.slice(1) };
}
