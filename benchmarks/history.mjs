/**
 * The ratios that `--record` kept in benchmarks/history.jsonl, as a table: a row a ratio, a column a run, newest last.
 *
 *   node benchmarks/history.mjs [BENCHMARK …] [--last 6]
 *
 * Only runs of one machine and model stand in one table.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { historyTables } from './shared/history-table.mjs';
import { root } from './shared/machine.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { last: { type: 'string', default: '6' } },
});
const file = join(root, 'benchmarks', 'history.jsonl');
const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
const records = lines
  .map((line) => JSON.parse(line))
  .filter(({ benchmark }) => positionals.length === 0 || positionals.includes(benchmark));
if (records.length === 0) process.stderr.write('No runs are recorded: add --record to a benchmark.\n');
else process.stdout.write(`${historyTables(records, Number(values.last)).join('\n')}\n`);
