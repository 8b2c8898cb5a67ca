import type { ErrorTable } from './error.js';

/** The errors of several packages as a Markdown table, sorted by code: what `docs/errors.md` holds. */
export function renderErrorTable(tables: readonly Omit<ErrorTable<string>, 'make'>[]): string {
  const rows = tables.flatMap(({ packageName, meanings }) =>
    Object.entries(meanings).map(([code, meaning]) => `| \`${packageName}/${code}\` | ${meaning} |`),
  );
  return `# Errors\n\nEvery error is one line, \`[perfit/package] what: value. Cure.\`, and carries one of these codes.\n\n| code | meaning |\n|---|---|\n${rows.sort().join('\n')}\n`;
}
