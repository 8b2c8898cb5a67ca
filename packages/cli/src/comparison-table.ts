import type { Comparison } from '@perfit/runtime';
import Table from 'cli-table3';
import { tableChars, tableStyle } from './table-style.js';

const figure = (value: number | null | undefined) =>
  value === null || value === undefined ? '–' : value >= 1000 ? value.toExponential(2) : value.toPrecision(4);

type Entry = Comparison['methods'][string];

/** The moment at which a method's clients use their adapter: after distribution, or for a local fine-tune after it. */
const moments = ['afterDistribution', 'afterLocal'] as const;

/** Perplexities of the last round: one row a method and moment, one column a client, then the three averages. */
export function comparisonTable({ methods }: Comparison): string {
  const clients = Object.keys(Object.values(methods)[0]?.clients ?? {});
  const table = new Table({
    head: ['perplexity', 'after', ...clients, 'client mean', 'exp mean loss', 'token-weighted'],
    style: tableStyle,
    chars: tableChars,
    colAligns: ['left', 'left', ...clients.map(() => 'right' as const), 'right', 'right', 'right'],
  });
  const row = (
    name: string,
    moment: string,
    values: readonly (number | null | undefined)[],
    averages: Entry['averages']['global'],
  ) => {
    if (averages.clientMean === null) return;
    const { clientMean, expMeanLoss, tokenWeighted } = averages;
    table.push([name, moment, ...[...values, clientMean, expMeanLoss, tokenWeighted].map(figure)]);
  };
  for (const [name, { averages, clients: lines }] of Object.entries(methods)) {
    for (const moment of moments) {
      const label = moment === 'afterDistribution' ? 'distribution' : 'local steps';
      row(
        name,
        label,
        clients.map((id) => lines[id]?.personal[moment]),
        averages.personal[moment],
      );
    }
    const same = clients.every((id) => lines[id]?.global === lines[id]?.personal.afterDistribution);
    if (!same)
      row(
        name,
        'global',
        clients.map((id) => lines[id]?.global),
        averages.global,
      );
  }
  return table.toString();
}
