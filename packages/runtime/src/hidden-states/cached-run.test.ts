import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from '@perfit/tensorflow';
import { lastValueFrom } from 'rxjs';
import { systemClock } from '../clock.js';
import { createContainer } from '../container.js';
import { validateConfiguration } from '../parse-configuration.js';
import { prepareRun } from '../run.js';

let engine: Engine;
const before = process.env.PERFIT_CACHE;
beforeAll(async () => {
  // It is found in the user's cache; the hidden states are to go elsewhere.
  engine = await createEngine();
  process.env.PERFIT_CACHE = mkdtempSync(join(tmpdir(), 'perfit-cache-'));
});
afterAll(() => {
  if (before === undefined) delete process.env.PERFIT_CACHE;
  else process.env.PERFIT_CACHE = before;
});

/** A run whose architectures leave the lower layers empty: its rounds, and its adapters as bytes. */
async function play(hiddenStateCache: number) {
  const out = mkdtempSync(join(tmpdir(), 'perfit-run-'));
  const configuration = validateConfiguration(
    {
      ...{ rounds: 2, steps: 4, batchSize: 4, data: { path: 'embedded', testRows: 2 } },
      ...{ partitioner: { name: 'field', values: ['inn-1', 'port-1'] }, search: { iterations: 2 } },
      ...{ methods: [{ name: 'perfit', granularity: 'prefix' }], hiddenStateCache },
    },
    'test',
  );
  const world = { engine, container: createContainer(), clock: systemClock, out, resume: false };
  const run = await prepareRun(configuration, world);
  await lastValueFrom(run.events);
  run.dispose();
  const clients = readdirSync(join(out, 'clients'));
  return {
    rounds: JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')).rounds,
    adapters: clients.map((id) =>
      readFileSync(join(out, 'clients', id, 'adapter_model.safetensors')).toString('base64'),
    ),
  };
}

test('a run has the same bits without the cache, while it fills it, and out of it', async () => {
  const states = join(process.env.PERFIT_CACHE!, 'hidden-states');
  const without = await play(0);
  expect(existsSync(states)).toBe(false);
  expect(await play(4)).toEqual(without);
  expect(readdirSync(states)).toHaveLength(1);
  expect(await play(4)).toEqual(without);
}, 240_000);
