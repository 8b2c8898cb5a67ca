import { type Comparison, type Moment, type PairedDifference, pairedDifference, randomStreams } from '@perfit/runtime';
import Table from 'cli-table3';
import { tableChars, tableStyle } from './table-style.js';

/** What is held against what: the same moment on both sides. */
const moments: readonly Moment[] = ['afterDistribution', 'afterLocal'];

/** Every method against every baseline of `baselines`, at both moments. */
export function pairedDifferences(
  comparison: Comparison,
  baselines: readonly string[] = ['fedit', 'local-only'],
): readonly (PairedDifference & { readonly moment: Moment })[] {
  const names = Object.keys(comparison.methods);
  const random = randomStreams(1).stream('bootstrap');
  return names
    .filter((name) => name !== 'untuned')
    .flatMap((name) =>
      baselines
        .filter((baseline) => names.includes(baseline) && baseline !== name)
        .flatMap((baseline) =>
          moments.flatMap((moment) => {
            const difference = pairedDifference(comparison, [name, moment], [baseline, moment], random);
            // The same training under two names (FedIT, FedIT + local) tells nothing.
            const same = difference !== null && Object.values(difference.clients).every((value) => value === 0);
            return difference && !same ? [{ ...difference, moment }] : [];
          }),
        ),
    );
}

/** The differences as a table: ratio of geometric-mean perplexities, and the interval of it over clients. */
export function pairedTable(comparison: Comparison): string {
  const table = new Table({
    head: ['paired, per client', 'against', 'after', 'ratio', '95 % interval', 'clients better'],
    style: tableStyle,
    chars: tableChars,
  });
  for (const { method, baseline, moment, ratio, interval, clients } of pairedDifferences(comparison)) {
    const values = Object.values(clients);
    const better = values.filter((value) => value < 0).length;
    table.push([
      method,
      baseline,
      moment === 'afterLocal' ? 'local steps' : 'distribution',
      ratio.toFixed(4),
      interval.map((bound) => Math.exp(bound).toFixed(4)).join(' – '),
      `${better} of ${values.length}`,
    ]);
  }
  return table.length === 0 ? '' : table.toString();
}
