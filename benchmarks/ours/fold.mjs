/** One round's fold of drawn clients with @perfit/aggregation: the counterpart of python/masked_mean.py. */
import { writeFileSync } from 'node:fs';
import { sharedExclusive, weightedMean } from '@perfit/aggregation';
import { architectureFromBytes } from '@perfit/lora';
import { drawExamples, drawMask, drawValues } from '../shared/drawn-updates.mjs';
import { finish, job, peakBytes, timed } from './process.mjs';

const { aggregator: name, clients, positions, result } = job;
// Of one holder too, so that it is NumPy's mean.
const aggregator = name === 'weighted-mean' ? weightedMean() : sharedExclusive({ minHolders: 1 });
const layout = { sites: [], slots: [], rank: 1, size: positions };
const context = { layout, scale: 1, round: 1, random: () => 0, registered: () => undefined };
const before = aggregator.initialize(layout, new Float32Array(positions));

let milliseconds = 0;
let cpuMilliseconds = 0;
let live = 0;
const spend = (work) => {
  const took = timed(work);
  milliseconds += took.milliseconds;
  cpuMilliseconds += took.cpuMilliseconds;
  return took.result;
};
const buffer = new Float32Array(positions);
const fold = spend(() => aggregator.fold(before, context));
for (let i = 0; i < clients; i++) {
  const mask = architectureFromBytes(positions, drawMask(i, positions));
  const values = drawValues(i, buffer.subarray(0, mask.live));
  live += mask.live;
  const update = { client: `c${i}`, mask, architecture: mask, values, examples: drawExamples(i), metrics: {} };
  spend(() => fold.add(update));
}
const after = spend(() => fold.finish());
const foldPeakBytes = peakBytes();
if (result) writeFileSync(result, aggregator.globalModule(after));
finish({ milliseconds, cpuMilliseconds, live, foldPeakBytes, copyBytesPerSecond: copyRate() });

/** Bytes a second that a plain copy takes from one array to another, both larger than caches: the best of ten. */
function copyRate() {
  const [from, to] = [new Float32Array(1 << 24).fill(1), new Float32Array(1 << 24).fill(2)];
  const took = Array.from({ length: 10 }, () => timed(() => to.set(from)).milliseconds);
  return (1000 * from.byteLength) / Math.min(...took);
}
