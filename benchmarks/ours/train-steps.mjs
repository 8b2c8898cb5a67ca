/**
 * Training steps on given batches with @perfit/training: the counterpart of python/train_steps.py. Ours alone may also
 * take `live` (which part of the adapter is), `hiddenStates` (a folder to keep them in), `checkpointing`, and `clients` that
 * step together, the next client on the next batch. The losses are the first client's. From step to step it goes on by one
 * batch or, with `apart`, by `clients`, so that no batch comes twice.
 */
import { readFileSync } from 'node:fs';
import { makeBatch } from '@perfit/datasets';
import { applyArchitecture, readAdapter } from '@perfit/lora';
import { adamwDefaults, createTrainer, plainUpdate } from '@perfit/training';
import { ARCHITECTURES } from './architectures.mjs';
import { openModel } from './open-model.mjs';
import { finish, job, timed } from './process.mjs';

const { adapter, batches, steps, seconds, learningRate, weightDecay, live = 'all', checkpointing = false } = job;
const { clients = 1, apart = false } = job;
const begin = performance.now();
const { engine, backbone } = await openModel(job);
const { layout, scale, ...state } = readAdapter(adapter, { sites: backbone.sites });
const architecture = ARCHITECTURES[live](layout, backbone.config);
const trainer = createTrainer({ engine, backbone, layout, scale, checkpointing });
const sessions = Array.from({ length: clients }, () =>
  trainer.open({
    state: { values: applyArchitecture(state.values, architecture), architecture },
    localUpdate: plainUpdate(),
    optimizer: { ...adamwDefaults, weightDecay },
  }),
);
const loadMilliseconds = performance.now() - begin;
const drawn = JSON.parse(readFileSync(batches, 'utf8'));
const result = { milliseconds: [], cpuMilliseconds: [], losses: [], loadMilliseconds, live: architecture.live };
let spent = 0;
for (let step = 0; step < steps && (step < 2 || spent < 1000 * seconds); step++) {
  const first = step * (apart ? clients : 1);
  const own = sessions.map((session, client) => {
    const examples = drawn[(first + client) % drawn.length].map(({ ids, promptLength }) => ({
      ids: Int32Array.from(ids),
      promptLength,
    }));
    return { session, examples };
  });
  const took = timed(() =>
    trainer.stepTogether(own.map(({ session, examples }) => ({ session, batch: makeBatch(examples), learningRate }))),
  );
  result.losses.push(took.result[0]);
  result.milliseconds.push(took.milliseconds);
  result.cpuMilliseconds.push(took.cpuMilliseconds);
  spent += took.milliseconds;
}
finish(result, engine);
