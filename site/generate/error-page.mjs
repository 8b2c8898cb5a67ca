import { page, prose, table } from './markdown.mjs';

/** The table of errors, a section a package. */
export function errorPage(markdown) {
  const rows = [...markdown.matchAll(/^\| `([^/`]+)\/([^`]+)` \| (.*) \|$/gm)].map(([, owner, name, meaning]) => ({
    owner,
    name,
    meaning,
  }));
  const owners = [...new Set(rows.map(({ owner }) => owner))];
  return page(
    '# Errors',
    'Every error is one line, `[perfit/package] what: value. Cure.`, and carries one of these codes. With `--debug` a failure also prints its stack.',
    ...owners.flatMap((owner) => [
      `## ${owner}`,
      table(
        ['code', 'meaning'],
        rows.filter((row) => row.owner === owner).map(({ name, meaning }) => [`\`${owner}/${name}\``, prose(meaning)]),
      ),
    ]),
  );
}
