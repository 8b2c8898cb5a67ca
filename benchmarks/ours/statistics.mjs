/** One backward pass with and without second-order statistics, and a training step with and without gathering them. */
import { readFileSync } from 'node:fs';
import { makeBatch } from '@perfit/datasets';
import { readAdapter } from '@perfit/lora';
import { adamwDefaults, createTrainer, plainUpdate } from '@perfit/training';
import { openModel } from './open-model.mjs';
import { finish, job, timed } from './process.mjs';

const { engine, backbone } = await openModel(job);
const { layout, scale, ...state } = readAdapter(job.adapter, { sites: backbone.sites });
const trainer = createTrainer({ engine, backbone, layout, scale });
const session = trainer.open({ state, localUpdate: plainUpdate(), optimizer: adamwDefaults });
const [drawn] = JSON.parse(readFileSync(job.batches, 'utf8'));
const batch = makeBatch(drawn.map(({ ids, promptLength }) => ({ ids: Int32Array.from(ids), promptLength })));

/** A step, its statistics read where it gathers any. */
function step(needs) {
  if (needs.length > 0) session.gather(needs);
  session.step(batch, 1e-6);
  if (needs.length > 0) session.statistics();
}
const works = {
  'backward, first order': () => trainer.statistics(state, [batch], ['gradient']),
  'backward, second order': () => trainer.statistics(state, [batch], ['gradient', 'fisher']),
  step: () => step([]),
  'step, first order': () => step(['gradient']),
  'step, second order': () => step(['gradient', 'fisher']),
};
const measured = Object.fromEntries(
  Object.keys(works).map((name) => [name, { milliseconds: [], cpuMilliseconds: [] }]),
);
step([]);
for (let i = 0; i < job.passes; i++)
  for (const [name, work] of Object.entries(works)) {
    const { milliseconds, cpuMilliseconds } = timed(work);
    measured[name].milliseconds.push(milliseconds);
    measured[name].cpuMilliseconds.push(cpuMilliseconds);
  }
finish({ measured }, engine);
