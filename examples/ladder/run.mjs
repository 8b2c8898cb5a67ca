// The ladder: for every method a learning rate from one grid, chosen on validation rows by the first seed, from the middle of the
// grid towards where it gets better; then every seed with that rate, scored once on the test rows. What is there already, in
// NAME.cells.jsonl, is not repeated.
//   node examples/ladder/run.mjs CONFIG --out DIR --results NAME [--data DIR] [--seeds 1,2,3,4,5] [--rates 3e-4,1e-3,3e-3]
//     [--accuracy] [--only METHOD,…] [--jobs N]
// NAME.md and NAME.json hold the methods that are done. With --jobs N as many methods run at a time, each on its part of the
// cores.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { openCells, runCell } from '../cells.mjs';
import { together } from '../processes.mjs';
import { machine } from '../report.mjs';
import { ladderTables } from './table.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1,2,3,4,5' },
    rates: { type: 'string', default: '3e-4,1e-3,3e-3' },
    out: { type: 'string' },
    results: { type: 'string' },
    data: { type: 'string' },
    only: { type: 'string' },
    accuracy: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '1' },
  },
});
const [config] = positionals;
if (!config || !options.out || !options.results) {
  console.error('[perfit/examples] ladder needs CONFIG, --out and --results. See the first lines of this file.');
  process.exit(2);
}
const numbers = (text) => text.split(',').map(Number);
const [seeds, rates, jobs] = [numbers(options.seeds), numbers(options.rates), Number(options.jobs)];
const read = (path) => parse(readFileSync(path, 'utf8'));
const { methods } = read(fileURLToPath(new URL('methods.yaml', import.meta.url)));
const base = read(config);
const entries = methods.map((entry) => (typeof entry === 'string' ? { name: entry } : entry));
const wanted = options.only?.split(',');
const unknown = wanted?.find((name) => !entries.some((entry) => entry.name === name));
if (unknown) {
  console.error(`[perfit/examples] no method '${unknown}': there are ${entries.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

mkdirSync(dirname(options.results), { recursive: true });
const where = {
  cells: openCells(`${options.results}.cells.jsonl`),
  out: options.out,
  data: options.data,
  jobs,
  accuracy: options.accuracy,
};

/** What a rate is chosen by: of a method that ends with local steps what they end in, else what distribution left. */
function validationLoss({ averages }, { name }) {
  const { afterDistribution, afterLocal } = averages.personal;
  return (name.endsWith('-local') ? afterLocal : afterDistribution).expMeanLoss ?? Number.POSITIVE_INFINITY;
}

/**
 * The rates of a method that were tried, and the best of them: from the middle up as long as it gets better, else down as long
 * as it gets no worse. That finds the best of a loss with one minimum over the rates.
 */
async function chooseRate(lossAt) {
  const known = new Map();
  const at = async (index) => {
    if (!(index in rates)) return Number.POSITIVE_INFINITY;
    if (!known.has(index)) known.set(index, await lossAt(rates[index]));
    return known.get(index);
  };
  let best = Math.floor(rates.length / 2);
  while ((await at(best + 1)) < (await at(best))) best++;
  while (best > 0 && (await at(best - 1)) <= (await at(best))) best--;
  const tried = [...known]
    .sort(([a], [b]) => a - b)
    .map(([index, expMeanLoss]) => ({ rate: rates[index], expMeanLoss }));
  return { rate: rates[best], tried };
}

/** A learning rate for a method by the first seed, and with it every seed. */
async function climb(entry, act) {
  const lossAt = async (rate) => {
    const cell = { entry, rate, seed: seeds[0], scored: 'validation', base };
    return validationLoss(await act(cell, where), entry);
  };
  const { rate, tried: validation } = await chooseRate(lossAt);
  const cells = [];
  for (const seed of seeds) cells.push(await act({ entry, rate, seed, scored: 'test', base }, where));
  return { name: entry.name, rate, validation, cells };
}

await together(
  entries.filter(({ name }) => !wanted || wanted.includes(name)),
  jobs,
  (entry) => climb(entry, runCell),
);

/** No cell is run any more: what is not there is missing. */
class NotThere extends Error {}
const there = async (cell, { cells }) => {
  const known = cells.get(cell);
  if (!known) throw new NotThere();
  return known;
};
const orNull = (error) => {
  if (error instanceof NotThere) return null;
  throw error;
};
const climbed = await Promise.all(entries.map((entry) => climb(entry, there).catch(orNull)));
const ladder = climbed.filter((method) => method !== null);
const missing = entries.filter((_, index) => climbed[index] === null).map(({ name }) => name);
const { perplexities, costs, pairs } = ladderTables(ladder);
const computed = machine(jobs);
const engines = [...new Set(ladder.flatMap(({ cells }) => cells.map(({ engine }) => engine)))];
const mixed = engines.length > 1 ? ` Those of several engines (${engines.join(', ')}) do not compare.` : '';
const markdown = [
  `Seeds ${seeds.join(', ')}; learning rates ${rates.join(', ')}, chosen on validation rows by seed ${seeds[0]}; last written on ${computed}. Personal perplexity: mean over the seeds (range).`,
  '',
  perplexities,
  '',
  `Ratios of geometric means, paired per client and seed, [95 % bootstrap interval]; below 1 is better. Costs: of all clients and rounds together, mean over the seeds; seconds are the middle seed’s wall time, of runs that shared the cores with others.${mixed}`,
  '',
  costs,
  '',
  ...(missing.length > 0 ? [`Not run yet: ${missing.join(', ')}.`, ''] : []),
].join('\n');
const told = ladder.map(({ cells: _, ...method }) => ({
  ...method,
  // Every client's figures are in the cells.
  pairs: pairs[method.name].map((pair) => pair && { ...pair, clients: undefined }),
}));
writeFileSync(
  `${options.results}.json`,
  `${JSON.stringify({ machine: computed, seeds, rates, configuration: base, methods: told }, null, 1)}\n`,
);
writeFileSync(`${options.results}.md`, markdown);
console.log(markdown);
