import { join } from 'node:path';
import { writeTogether } from '@perfit/safetensors';
import type { Moment, PairedDifference } from '../paired-differences.js';
import { csv } from './csv.js';
import type { Spread } from './student-interval.js';
import type { ComparedRow, SpreadAverages, SweepResults } from './sweep-results.js';
import { sweepTable } from './sweep-table.js';

/** Writes `results.json` and `results.csv` (full precision) and `results.md`, all or none. */
export function writeResults(out: string, results: SweepResults): void {
  writeTogether([
    { path: join(out, 'results.json'), content: `${JSON.stringify(results, null, 1)}\n` },
    { path: join(out, 'results.csv'), content: resultsCsv(results) },
    { path: join(out, 'results.md'), content: resultsMarkdown(results) },
  ]);
}

type Field = string | number | null;
type Columns = Readonly<Record<string, Field>>;

const spreadColumns = (name: string, value: Spread | null): Columns => ({
  [name]: value?.mean ?? null,
  [`${name}_low`]: value?.interval?.[0] ?? null,
  [`${name}_high`]: value?.interval?.[1] ?? null,
});

const averageColumns = (name: string, { clientMean, expMeanLoss, tokenWeighted }: SpreadAverages): Columns => ({
  ...spreadColumns(`${name}_client_mean`, clientMean),
  ...spreadColumns(`${name}_exp_mean_loss`, expMeanLoss),
  ...spreadColumns(`${name}_token_weighted`, tokenWeighted),
});

const ratioColumns = (moment: Moment, paired: PairedDifference | null): Columns => {
  const name = moment === 'afterLocal' ? 'ratio_after_local' : 'ratio_after_distribution';
  return spreadColumns(
    name,
    paired && { mean: paired.ratio, interval: [Math.exp(paired.interval[0]), Math.exp(paired.interval[1])] },
  );
};

const plain = (value: unknown): Field =>
  value === undefined ? null : typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value);

function columnsOf(row: ComparedRow, varied: readonly string[]): Columns {
  const { personal, global } = row.perplexity;
  return {
    cell: row.cell,
    method: row.method,
    ...Object.fromEntries(varied.map((key) => [key, plain(row.set[key])])),
    seeds: row.seeds.length,
    ...averageColumns('after_distribution', personal.afterDistribution),
    ...averageColumns('after_local', personal.afterLocal),
    ...averageColumns('global', global),
    baseline: row.paired.baseline,
    ...ratioColumns('afterDistribution', row.paired.afterDistribution),
    ...ratioColumns('afterLocal', row.paired.afterLocal),
    ...spreadColumns('bytes_up', row.bytesUp),
    ...spreadColumns('bytes_down', row.bytesDown),
    ...spreadColumns('flops', row.flops),
    ...spreadColumns('seconds', row.seconds),
  };
}

/** `results.csv`: one line a row, a column a figure and bound, and one for each key that varies. */
function resultsCsv({ rows, varied }: SweepResults): string {
  const lines = rows.map((row) => columnsOf(row, varied));
  return csv([Object.keys(lines[0]!), ...lines.map((line) => Object.values(line))]);
}

/** `results.md`: the table for reading, and what its figures are. */
export function resultsMarkdown(results: SweepResults): string {
  const { head, rows, legend } = sweepTable(results);
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [legend, '', line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}
