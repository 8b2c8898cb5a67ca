/** One method of a configuration over its rounds with @perfit/runtime, and when each round was done. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContainer, prepareRun, systemClock, validateConfiguration } from '@perfit/runtime';
import { createEngine } from '@perfit/tensorflow';
import { finish, job } from './process.mjs';

const engine = await createEngine({ threads: job.threads });
const out = mkdtempSync(join(tmpdir(), 'perfit-benchmark-run-'));
// What earlier runs have left there of hidden states must not count.
process.env.PERFIT_CACHE = out;
const prepared = await prepareRun(validateConfiguration(job.configuration, 'the benchmark'), {
  ...{ engine, container: createContainer(), clock: systemClock, out, resume: false },
});
const rounds = [];
const losses = [];
let begin = null;
const now = () => ({ at: performance.now(), cpu: process.cpuUsage() });

function hear(event) {
  if (event.type === 'round-started') begin = now();
  if (event.type === 'step') losses.push(event.loss);
  if (event.type === 'aggregated') {
    const cpu = process.cpuUsage(begin.cpu);
    rounds.push({
      round: event.round,
      trainingMs: performance.now() - begin.at,
      trainingCpuMs: (cpu.user + cpu.system) / 1000,
    });
  }
  if (event.type === 'round-completed') {
    const { expMeanLoss } = event.record.averages.personal.afterDistribution;
    // Since this process was started, loading of the model included.
    Object.assign(rounds.at(-1), { seconds: (Date.now() - job.started) / 1000, perplexity: expMeanLoss });
  }
}

await new Promise((done, failed) => {
  const subscription = prepared.events.subscribe({
    next: (event) => {
      hear(event);
      // What follows the last round only measures.
      if (event.type !== 'round-completed' || event.round < job.configuration.rounds) return;
      queueMicrotask(() => subscription.unsubscribe());
      done();
    },
    error: failed,
    complete: done,
  });
});
finish({ rounds, losses }, engine);
rmSync(out, { recursive: true, force: true });
process.exit();
