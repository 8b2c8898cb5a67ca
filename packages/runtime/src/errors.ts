import { defineErrors } from '@perfit/strategy';

/** Errors of `@perfit/runtime`. */
export const errors = defineErrors('runtime', {
  'unknown-key': 'The configuration has a key that does not exist.',
  'invalid-configuration': 'A value of the configuration is not allowed there.',
  'invalid-yaml': 'The configuration is not YAML.',
  'missing-configuration': 'The configuration file cannot be read.',
  'unknown-strategy': 'No strategy of that kind has that name.',
  'invalid-options': 'A strategy was given options that it does not take.',
  'unused-key': 'A method was given a key that it does not use.',
  'empty-client': 'A client has no rows to train on.',
  'invalid-combination': 'Two parts of a method do not go together.',
  'too-few-steps': 'The search takes more steps than a round has.',
  'missing-plugin': 'A plugin needs another that is not loaded.',
  'plugin-not-found': 'There is no such plugin: no such file, no such package, or a package that is not built.',
  'plugin-failed': 'A plugin throws while it is loaded.',
  'plugin-without-export': 'A module exports no plugin.',
  'plugin-malformed': 'A module exports something that is not a plugin.',
  'duplicate-plugin': 'Two plugins have the same name.',
  'run-directory-exists': 'The run directory holds another run.',
  'nothing-to-resume': 'There is no run to resume in that directory.',
  'resume-mismatch': 'The run to resume was made with another configuration.',
  'broken-state': 'A saved state cannot be read.',
  'data-changed': 'The rows are not those that the run recorded.',
  'over-budget': 'A client has an expansion or rank that its method cannot take.',
});
