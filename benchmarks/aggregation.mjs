/**
 * A round's fold of masked clients, streamed, against NumPy's masked weighted mean of the same arrays.
 *
 *   npm run build && node benchmarks/aggregation.mjs [--clients 1000] [--positions 1000000] [--memory-clients 10,100]
 *     [--repeats 2] [--kinds default,best] [--only-ours] [--quick] [--record]
 *
 * Half of every client's positions are live; masks and values are made from the client's number as they are needed, so that
 * memory holds one client at a time, and are not in the time. Told are nanoseconds per live position; peak memory against
 * the number of clients; and the share of a plain copy's bandwidth, measured in the same process:
 * `input` counts the bytes of the uploads (values and mask, read once) against the bytes that a copy reads,
 * `traffic` counts also sum and weight of every live position, read and written in f64, against what a copy reads and writes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOptions } from './shared/options.mjs';
import { alternate, baselines, ours, scratchFolder } from './shared/processes.mjs';
import { tell, versionsOf } from './shared/report.mjs';
import { largestDifference, pairedRatio, spread } from './shared/statistics.mjs';

const options = readOptions(
  { clients: 1000, positions: 1_000_000, memoryClients: '10,100' },
  { clients: 20, positions: 100_003, memoryClients: '2' },
);
const { clients, positions } = options;
const folder = scratchFolder();
const job = { clients, positions, threads: 1 };
const fold = (aggregator, more = {}) => ours('fold', { ...job, aggregator, result: join(folder, aggregator), ...more });
const { sides, missing } = baselines(options, 'masked_mean', { ...job, result: join(folder, 'numpy') }, ['numpy']);
const AGGREGATORS = ['shared-exclusive', 'weighted-mean'];
const runs = alternate(
  'aggregation',
  { ...Object.fromEntries(AGGREGATORS.map((name) => [name, fold(name)])), ...sides },
  options.repeats,
);
const memorySizes = options.memoryClients.split(',').map(Number);
const memory = alternate(
  'aggregation memory',
  Object.fromEntries(memorySizes.map((count) => [count, fold('shared-exclusive', { clients: count, result: null })])),
  1,
);

const perPosition = (side, key = 'milliseconds') => runs[side].map((one) => (1e6 * one[key]) / one.live);
const peak = (side) => runs[side].map(({ foldPeakBytes }) => foldPeakBytes);
const copy = (side) => runs[side].map(({ copyBytesPerSecond }) => copyBytesPerSecond);
const bytesPerSecond = (side, perLive) =>
  runs[side].map(({ live, milliseconds }) => (live * perLive + (clients * positions) / 8) / (milliseconds / 1000));
const VALUE = 4;
const ACCUMULATORS = 2 * (8 + 8);

const figures = {};
const ratios = {};
for (const name of AGGREGATORS) {
  figures[`${name}: ns per live position`] = spread(perPosition(name));
  figures[`${name}: processor ns per live position`] = spread(perPosition(name, 'cpuMilliseconds'));
  figures[`${name}: peak bytes`] = spread(peak(name));
  ratios[`${name}: input against a copy`] = pairedRatio(bytesPerSecond(name, VALUE), copy(name));
  ratios[`${name}: traffic against a copy`] = pairedRatio(
    bytesPerSecond(name, VALUE + ACCUMULATORS),
    copy(name).map((rate) => 2 * rate),
  );
  for (const kind of Object.keys(sides)) {
    ratios[`${name}: ns against numpy ${kind}`] = pairedRatio(perPosition(name), perPosition(kind));
    ratios[`${name}: peak bytes against numpy ${kind}`] = pairedRatio(peak(name), peak(kind));
  }
}
for (const count of memorySizes)
  ratios[`peak bytes, ${clients} clients against ${count}`] = spread(
    peak('shared-exclusive').map((bytes) => bytes / memory[count][0].foldPeakBytes),
  );
const numbers = (name) => {
  const bytes = readFileSync(join(folder, name));
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
};
tell({
  benchmark: 'aggregation',
  options: { ...options, threads: 1, model: 'none' },
  baseline: missing,
  versions: versionsOf(runs),
  figures,
  ratios,
  results: {
    livePositions: runs['shared-exclusive'][0].live,
    nsPerLivePosition: Object.fromEntries(Object.keys(runs).map((side) => [side, spread(perPosition(side))])),
    peakBytesByClients: {
      ...Object.fromEntries(memorySizes.map((count) => [count, memory[count][0].foldPeakBytes])),
      [clients]: Math.max(...peak('shared-exclusive')),
    },
    copyBytesPerSecond: Math.max(...copy('shared-exclusive')),
    ...(missing === null
      ? { differenceFromNumpy: largestDifference(numbers('shared-exclusive'), numbers('numpy')) }
      : {}),
  },
});
