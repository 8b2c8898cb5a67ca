/** Records of a history as Markdown: a table for every benchmark, machine and model, with its last runs. */
export function historyTables(records, last) {
  const groups = new Map();
  for (const record of records) {
    const title = [record.benchmark, record.model, record.machine, record.flags.join(' ')].join(' · ');
    groups.set(title, [...(groups.get(title) ?? []), record]);
  }
  return [...groups].map(([title, all]) => `## ${title}\n\n${table(all.slice(-last))}\n`);
}

function table(records) {
  const names = [...new Set(records.flatMap(({ ratios }) => Object.keys(ratios)))];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line(['', ...records.map(({ date, commit }) => `${date.slice(0, 10)} ${commit}`)]),
    line(['---', ...records.map(() => '---')]),
    line(['load at start', ...records.map(({ load }) => load.toFixed(2))]),
    ...names.map((name) => line([name, ...records.map(({ ratios }) => ratios[name]?.toPrecision(3) ?? '–')])),
  ].join('\n');
}
