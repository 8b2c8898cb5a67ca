import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { f32, replace, sharedExclusive } from '@perfit/aggregation';
import { alpacaPrompt, field, makeDataset, type Row } from '@perfit/datasets';
import { architectureFrom, createLayout, fullArchitecture } from '@perfit/lora';
import type { Session, SessionOptions } from '@perfit/training';
import { lastValueFrom, tap } from 'rxjs';
import { dealOut } from './client-data.js';
import type { Store } from './contract.js';
import type { Evaluator } from './evaluate-values.js';
import { localTransport } from './local-transport.js';
import { perfit } from './methods/perfit.js';
import { validateConfiguration } from './parse-configuration.js';
import { none } from './personalizations/none.js';
import { randomStreams } from './random-streams.js';
import { roundLoop } from './round-loop.js';
import type { MethodContext } from './run-context.js';
import { directoryStore } from './stores/directory-store.js';
import { memoryStore } from './stores/memory-store.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are alive: V8's heap, and what arrays hold outside of it. */
function alive(): number {
  // What one collection lets go of an array is counted as free after the next.
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const sites = [{ name: 'model.layers.0.self_attn.q_proj', layer: 0, in: 100, out: 100, flops: 8 }];
/** P = 8,000: 32 kB of values. */
const layout = createLayout(sites, 40);
/** Rows of 1,000 tokens or more: ten rows of a client are 40 kB of tokens. */
const rows = (client: string): Row[] =>
  Array.from({ length: 10 }, (_, i) => ({ client, instruction: `${i}`.padEnd(900, '.'), output: `${client} ${i}` }));

/** A federation of so many clients, dealt out; nothing of its text stays in memory. */
function federation(count: number) {
  const ids = Array.from({ length: count }, (_, i) => `c${String(i).padStart(3, '0')}`);
  return dealOut(
    makeDataset('x', { train: ids.flatMap(rows), validation: [], test: [] }),
    field({ field: 'client' }),
    validateConfiguration({ data: { path: 'x' } }, 'test'),
    {
      prompt: alpacaPrompt(),
      encode: (text) => [...text].map((c) => c.charCodeAt(0)),
      eosId: 0,
      maxTokens: undefined,
      context: 5000,
    },
    randomStreams(1),
  );
}

/** Training without a model: a step adds 1 to every live value. */
function open({ state: { values, architecture } }: SessionOptions): Session {
  let steps = 0;
  return {
    step: () => ++steps,
    gradientNorms: () => ({ A: 0, B: 0 }),
    values: () => values.map((value) => value + steps),
    conclude: () => ({}),
    architecture: () => architecture,
    dispose: () => {},
  } as unknown as Session;
}

function contextOf(data: ReturnType<typeof federation>): MethodContext {
  const start = new Float32Array(layout.size);
  const masks = [0, 1, 2].map((third) => architectureFrom(layout.size, (p) => p % 3 !== third));
  return {
    configuration: {
      rounds: 1,
      steps: 2,
      batchSize: 2,
      clientsAtOnce: 1,
      evaluation: { every: 1, global: true, localSteps: true },
    },
    engine: { description: { kind: 'wasm', version: '0', threads: 1, device: 'CPU' } },
    backbone: { sites, config: { layers: 1, hidden: 1, vocabulary: 1 } },
    data,
    streams: randomStreams(1),
    layout,
    scale: 1,
    start: { values: start, subtracted: false },
    budget: () => layout.size,
    learningRate: { at: () => 1 },
    trainer: { open },
    denseStart: (client: string) => ({ values: start, architecture: masks[Number(client.slice(1)) % 3] }),
    plan: {
      name: 'stub',
      method: { ...perfit, pools: false },
      travel: { name: 'all', positions: () => fullArchitecture(layout.size) },
      trainable: { name: 'all', positions: () => fullArchitecture(layout.size) },
      codec: f32(),
      search: null,
      expansion: 2,
      localUpdate: { make: () => ({}) },
      adoption: { make: () => replace() },
      personalization: none(),
      aggregator: { make: () => sharedExclusive() },
    },
  } as unknown as MethodContext;
}

/** Reads what it scores, as a model would. */
const evaluator = {
  total: (_, examples) => ({ lossSum: examples.read().length, tokens: 2 }),
  forget: () => {},
} as Partial<Evaluator> as Evaluator;

/** Plays a round in which five clients train and everyone gets a download; then everyone trains, for the figure after it. */
async function play(count: number, store: Store) {
  const before = alive();
  const data = federation(count);
  const context = contextOf(data);
  const loop = roundLoop(context, {
    transport: localTransport(context, store, evaluator),
    store,
    sampler: { name: 'five', sample: (clients) => clients.slice(0, 5) },
    save: () => {},
    keepLocal: false,
  });
  // Everyone is scored as a client, as the server’s module, and after local steps.
  const measured = { bytes: 0, records: 0, architectures: 0 };
  let scored = 0;
  const measure = () => {
    const { records, architectures } = store.held();
    measured.records = Math.max(measured.records, records);
    measured.architectures = Math.max(measured.architectures, architectures);
    measured.bytes = Math.max(measured.bytes, alive() - before);
  };
  await lastValueFrom(
    loop.pipe(
      tap((event) => {
        if (event.type === 'round-completed' || event.type === 'aggregated') measure();
        if (event.type === 'client-evaluated' && ++scored === 3 * count) measure();
      }),
    ),
  );
  data.close();
  return measured;
}

const onDisk = () => directoryStore(join(mkdtempSync(join(tmpdir(), 'perfit-memory-')), 'state'));

it('200 clients take the memory of 10, but for 6 kB each of names and figures', async () => {
  // What is compiled and cached on first use is no client's.
  await play(10, onDisk());
  const few = await play(10, onDisk());
  const many = await play(200, onDisk());
  expect(few).toMatchObject({ records: 8, architectures: 5 });
  expect(many).toMatchObject({ records: 8, architectures: 5 });
  const perClient = (many.bytes - few.bytes) / 190;
  expect(perClient).toBeLessThan(6_000);
  // The measure sees what it is meant to see: records that are kept are 33 kB a client.
  const kept = await play(100, memoryStore());
  expect(kept.records).toBe(100);
  expect((kept.bytes - few.bytes) / 90).toBeGreaterThan(20_000);
}, 600_000);
