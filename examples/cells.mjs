// A cell is one method of one configuration, at one learning rate, under one seed. What came out of it is one line of a file that
// belongs to the results, so that a comparison goes on where it stopped, also on another machine.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { perfit } from './processes.mjs';

const digest = (value) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** What identifies a cell. `scored` says which rows stand for the test: 'validation' or 'test'. */
const keyOf = ({ entry, rate, seed, scored, base }) => digest([entry, rate, seed, scored, base]);

/** The cells of a file, by key. */
export function openCells(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(JSON.parse) : [];
  const known = new Map(lines.map((line) => [line.key, line]));
  return {
    get: (cell) => known.get(keyOf(cell)),
    put: (cell, result) => {
      const { name } = cell.entry;
      const { rate, seed, scored } = cell;
      const line = { key: keyOf(cell), method: name, rate, seed, scored, ...result };
      known.set(line.key, line);
      appendFileSync(file, `${JSON.stringify(line)}\n`);
      return line;
    },
  };
}

/** Sums a figure over the clients of all rounds. */
const total = (rounds, name) =>
  rounds.reduce((sum, { clients }) => sum + clients.reduce((part, client) => part + (client[name] ?? 0), 0), 0);

/** Label accuracy of every client of one method's run; `data` where it lies elsewhere now. */
export async function accuracyOf(directory, data, jobs) {
  const args = ['evaluate', '--run', directory, '--accuracy', ...(data ? ['--data', data] : [])];
  const { clients } = await perfit(args, { jobs });
  return Object.fromEntries(clients.map(({ id, accuracy }) => [id, accuracy && accuracy.correct / accuracy.rows]));
}

/**
 * Runs a cell, unless the file has it: its clients' perplexities in the last round, the averages, and what it cost. Local
 * steps that cells have in common are taken once; their seconds count in each.
 *
 * @param where `{ cells, out, data, jobs, accuracy, label }`: the file, the folder of run directories and how their
 *   names begin
 */
export async function runCell(cell, { cells, out, data, jobs, accuracy = false, label = '' }) {
  const known = cells.get(cell);
  if (known) return known;
  const { entry, rate, seed, scored, base } = cell;
  const directory = join(out, `${label}${entry.name}_${rate}_${scored}_seed-${seed}`);
  mkdirSync(out, { recursive: true });
  const config = `${directory}.yaml`;
  const validation = { ...base.validation, scored: scored === 'validation' };
  // The last round is all that is told; a rate is chosen by what the method ends in, which is personal.
  const evaluation = { every: 0, global: scored === 'test', localSteps: scored === 'test' };
  writeFileSync(
    config,
    stringify({ ...base, methods: [{ ...entry, learningRate: rate }], seed, validation, evaluation }),
  );
  const resume = existsSync(directory) ? ['--resume'] : [];
  const shared = ['--reuse', join(out, 'local-steps')];
  const where = data ? ['--set', `data.path=${data}`] : [];
  await perfit(['run', config, ...where, '--out', directory, ...shared, ...resume], { jobs });
  const read = (name) => JSON.parse(readFileSync(join(directory, name), 'utf8'));
  const { rounds } = read('summary.json');
  const { clients, averages } = rounds.at(-1);
  const { seconds, reusedSeconds, peakMemory, engine } = read('timings.json');
  return cells.put(cell, {
    averages,
    clients: Object.fromEntries(clients.map(({ id, personal, global }) => [id, { personal, global }])),
    accuracy: accuracy && scored === 'test' ? await accuracyOf(directory, data, jobs) : null,
    bytesUp: total(rounds, 'bytesUp'),
    bytesDown: total(rounds, 'bytesDown'),
    flops: total(rounds, 'flops'),
    seconds: seconds + reusedSeconds,
    peakMemory,
    // Bits differ between instruction sets.
    engine: engine.build,
  });
}
