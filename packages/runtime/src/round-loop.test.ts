import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { f32, sharedExclusive, weightedMean } from '@perfit/aggregation';
import {
  type AdapterState,
  architectureFrom,
  createLayout,
  emptyArchitecture,
  fullArchitecture,
  intersect,
  type PositionRule,
  pack,
  unpackInto,
} from '@perfit/lora';
import { firstValueFrom, lastValueFrom, take, toArray } from 'rxjs';
import type { ClientRecord, Evidence, Method, Store, Transport } from './contract.js';
import { fedit } from './methods/fedit.js';
import { feditLocal } from './methods/fedit-local.js';
import { localOnly } from './methods/local-only.js';
import { perfit } from './methods/perfit.js';
import { untuned } from './methods/untuned.js';
import { randomStreams } from './random-streams.js';
import type { RoundEvent } from './round-event.js';
import { roundLoop } from './round-loop.js';
import type { MethodContext } from './run-context.js';
import { fraction } from './samplers/fraction.js';
import { directoryStore } from './stores/directory-store.js';
import { memoryStore } from './stores/memory-store.js';

const layout = createLayout([{ name: 'model.layers.0.self_attn.q_proj', layer: 0, in: 2, out: 2, flops: 8 }], 2);
const clients = ['a', 'b', 'c'];

const travelOf = (method: Method): PositionRule => ({
  name: 'test',
  positions: ({ size }) => (method.fixed?.travel === 'none' ? emptyArchitecture(size) : fullArchitecture(size)),
});

function context(
  method: Method,
  rounds = 2,
  aggregator = method === perfit ? sharedExclusive({ minHolders: 2 }) : weightedMean(),
  evaluation = { every: 1, global: true, localSteps: true },
): MethodContext {
  return {
    configuration: { rounds, steps: 1, evaluation },
    engine: { description: { kind: 'wasm', version: '0', threads: 1, device: 'CPU', build: 'b' } },
    data: { partition: { report: { sizes: [1, 2, 3], labelDivergence: null, sizeRatio: 3 } } },
    streams: randomStreams(1),
    layout,
    start: { values: new Float32Array(layout.size).fill(1), subtracted: false },
    budget: () => layout.size,
    plan: {
      name: method.name,
      method,
      travel: travelOf(method),
      codec: f32(),
      search: method === perfit ? {} : null,
      expansion: 2,
      aggregator: { make: () => aggregator },
    },
  } as unknown as MethodContext;
}

/** Clients that add their own number to every live value, and whose loss is the mean of their values. */
function arithmetic(
  store: Store,
  method: Method,
  masks = clients.map(() => fullArchitecture(layout.size)),
  evidenceOf?: (client: string, round: number) => Evidence | undefined,
): Transport & { readonly log: string[] } {
  const log: string[] = [];
  const state = (client: string): AdapterState =>
    store.read(client)?.state.shared ?? {
      values: new Float32Array(layout.size).fill(1),
      architecture: masks[clients.indexOf(client)]!,
    };
  const write = (client: string, shared: AdapterState) =>
    store.write(client, {
      state: { shared },
      remembered: {},
      received: {},
      searched: 0,
      registered: true,
    } satisfies ClientRecord);
  return {
    log,
    clients,
    architecture: (client) => state(client).architecture,
    personal: state,
    changeFrozen: (residual) => void log.push(`frozen ${residual.length}`),
    train: async (client, job) => {
      job.signal.throwIfAborted();
      log.push(`train ${client} ${job.round}`);
      const { architecture, values: before } = state(client);
      const packed = pack(before, architecture).map((value) => value + clients.indexOf(client) + 1);
      const values = new Float32Array(layout.size);
      unpackInto(values, architecture, packed);
      job.report({ type: 'step', step: 1, steps: 1, loss: values[0]!, learningRate: 1 });
      if (job.keep) write(client, { values, architecture });
      const mask = intersect(architecture, travelOf(method).positions(layout, job.round));
      return {
        update: {
          client,
          mask,
          values: pack(values, mask),
          architecture,
          examples: clients.indexOf(client) + 1,
          metrics: {},
        },
        state: { values, architecture },
        search: [],
        splitPairs: null,
        flops: 5,
      };
    },
    deliver: async (client, round, download, prior) => {
      log.push(`deliver ${client} ${round}`);
      if (evidenceOf) log.push(`${client} hears ${prior?.means}`);
      const { architecture, values: own } = state(client);
      const values = Float32Array.from(own);
      unpackInto(values, download.mask, download.values);
      write(client, { values, architecture });
      const evidence = evidenceOf?.(client, round);
      return { state: { values, architecture }, lambda: 1, ...(evidence ? { evidence } : {}) };
    },
    evaluate: async (_, values) => ({
      lossSum: values === null ? 2 : values.reduce((a, b) => a + b, 0) / values.length,
      tokens: 2,
    }),
  };
}

const play = async (method: Method, rounds = 2, store = memoryStore(), masks?: Parameters<typeof arithmetic>[2]) => {
  const transport = arithmetic(store, method, masks);
  const saves: string[] = [];
  const loop = roundLoop(context(method, rounds), {
    transport,
    store,
    sampler: fraction({ fraction: 1 }),
    keepLocal: method.keeps === 'local',
    save: (_, moment) => saves.push(moment),
  });
  return { events: await lastValueFrom(loop.pipe(toArray())), transport, store, saves, loop };
};
const completed = (events: readonly RoundEvent[]) =>
  events.findLast((event) => event.type === 'run-completed') as Extract<RoundEvent, { type: 'run-completed' }>;

describe('roundLoop', () => {
  it('is cold: nothing happens before it is subscribed', () => {
    const transport = arithmetic(memoryStore(), fedit);
    roundLoop(context(fedit), {
      transport,
      store: memoryStore(),
      sampler: fraction({ fraction: 1 }),
      save: () => {},
      keepLocal: false,
    });
    expect(transport.log).toEqual([]);
  });

  it('plays four steps a round, and one extra set of local steps for the last figure', async () => {
    const { events, transport, saves } = await play(fedit, 1);
    expect(transport.log).toEqual([
      'train a 1',
      'train b 1',
      'train c 1',
      'deliver a 1',
      'deliver b 1',
      'deliver c 1',
      'train a 2',
      'train b 2',
      'train c 2',
    ]);
    const order = events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]);
    expect(
      order.filter((type) =>
        ['run-started', 'round-started', 'aggregated', 'round-completed', 'run-completed'].includes(type),
      ),
    ).toEqual(['run-started', 'round-started', 'aggregated', 'round-completed', 'run-completed']);
    expect(saves).toEqual(['distributed', 'local']);
  });

  it('averages by examples: FedIT of 1+1, 1+2, 1+3 weighted 1, 2, 3 is 1 + 14/6', async () => {
    const { store, events } = await play(fedit, 1);
    expect(store.read('a')!.state.shared.values[0]).toBeCloseTo(1 + 14 / 6, 6);
    const [round] = completed(events).rounds;
    // Loss is the mean value over two tokens; the extra steps of client a add 1.
    expect(round!.clients[0]!.personal.afterDistribution).toBeCloseTo(Math.exp((1 + 14 / 6) / 2), 5);
    expect(round!.clients[0]!.personal.afterLocal).toBeCloseTo(Math.exp((2 + 14 / 6) / 2), 5);
    expect(round!.clients[0]!.global).toBe(round!.clients[0]!.personal.afterDistribution);
  });

  it('keeps the distributed adapter for FedIT, the fine-tuned one for FedIT + local', async () => {
    const distributed = (await play(fedit, 1)).store.read('c')!.state.shared.values[0]!;
    const local = (await play(feditLocal, 1)).store.read('c')!.state.shared.values[0]!;
    expect(local - distributed).toBeCloseTo(3, 6);
  });

  it('local-only: nothing is aggregated or delivered, nothing global is reported', async () => {
    const { store, events, transport } = await play(localOnly, 2);
    expect(transport.log.some((line) => line.startsWith('deliver'))).toBe(false);
    expect(store.read('b')!.state.shared.values[0]).toBe(5);
    const [, second] = completed(events).rounds;
    expect(second!.averages.global.clientMean).toBeNull();
    expect(second!.clients[1]).toMatchObject({ bytesUp: 0, bytesDown: 0, exclusive: layout.size, shared: 0 });
  });

  it('untuned: the frozen model is scored, nothing trains', async () => {
    const { events, transport } = await play(untuned, 2);
    expect(transport.log).toEqual([]);
    const [first] = completed(events).rounds;
    expect(first!.clients[0]!.personal).toEqual({ afterDistribution: Math.E, afterLocal: null });
  });

  it('hands everyone what all told the last time, also after a resume, and counts its bytes', async () => {
    const told = (client: string, round: number) =>
      client === 'c' && round > 1 ? undefined : { differences: [clients.indexOf(client) + round], variances: [0] };
    const playUpTo = async (rounds: number, store: Store) => {
      const transport = arithmetic(store, fedit, undefined, told);
      const world = { transport, store, sampler: fraction({ fraction: 1 }), keepLocal: false, save: () => {} };
      const events = await lastValueFrom(roundLoop(context(fedit, rounds), world).pipe(toArray()));
      return { heard: transport.log.filter((line) => line.includes('hears')), rounds: completed(events).rounds };
    };
    const whole = await playUpTo(3, memoryStore());
    // In the first round nobody has told anything; then 1, 2, 3; then 2, 3 and what c last told.
    const means = [undefined, 2, 8 / 3];
    expect(whole.heard).toEqual(means.flatMap((mean) => clients.map((client) => `${client} hears ${mean}`)));
    const store = memoryStore();
    const before = await playUpTo(2, store);
    expect([...before.heard, ...(await playUpTo(3, store)).heard]).toEqual(whole.heard);
    const plain = completed((await play(fedit, 3)).events).rounds;
    const more = (key: 'bytesUp' | 'bytesDown') =>
      whole.rounds.map((round, at) => round.clients.map((line, i) => line[key] - plain[at]!.clients[i]![key]));
    expect(more('bytesUp')).toEqual([
      [16, 16, 16],
      [16, 16, 0],
      [16, 16, 0],
    ]);
    expect(more('bytesDown')).toEqual([
      [0, 0, 0],
      [16, 16, 16],
      [16, 16, 16],
    ]);
  });

  describe('evaluation', () => {
    const scoredAs = async (
      method: Method,
      rounds: number,
      asked: { every: number; global?: boolean; localSteps: boolean },
    ) => {
      const evaluation = { global: true, ...asked };
      const store = memoryStore();
      const transport = arithmetic(store, method);
      const loop = roundLoop(context(method, rounds, undefined, evaluation), {
        transport,
        store,
        sampler: fraction({ fraction: 1 }),
        keepLocal: method.keeps === 'local',
        save: () => {},
      });
      const { rounds: records } = completed(await lastValueFrom(loop.pipe(toArray())));
      const trained = transport.log.filter((line) => line.startsWith('train a')).length;
      const figures = records.map(({ clients: [a] }) => [
        a!.personal.afterDistribution,
        a!.global,
        a!.personal.afterLocal,
      ]);
      return { figures: figures.map((row) => row.map((figure) => figure !== null)), records, trained };
    };

    it('scores every k-th round and the last, and changes no figure of them', async () => {
      const [all, some] = await Promise.all([1, 2].map((every) => scoredAs(fedit, 5, { every, localSteps: true })));
      const [yes, no] = [
        [true, true, true],
        [false, false, false],
      ];
      expect(some!.figures).toEqual([no, yes, no, yes, yes]);
      expect(some!.trained).toBe(6);
      for (const round of [1, 3, 4]) expect(some!.records[round]).toEqual(all!.records[round]);
      expect(some!.records[0]!.averages.personal.afterDistribution.expMeanLoss).toBeNull();
      expect(some!.records[0]!.clients.map(({ bytesUp }) => bytesUp)).toEqual(
        all!.records[0]!.clients.map(({ bytesUp }) => bytesUp),
      );
      expect((await scoredAs(fedit, 3, { every: 0, localSteps: true })).figures).toEqual([no, no, yes]);
    });

    it('leaves the global module out where it is not to be scored', async () => {
      const { figures, records } = await scoredAs(perfit, 2, { every: 1, global: false, localSteps: true });
      expect(figures).toEqual([
        [true, false, true],
        [true, false, true],
      ]);
      const all = await scoredAs(perfit, 2, { every: 1, localSteps: true });
      expect(records.map(({ clients }) => clients.map(({ personal }) => personal))).toEqual(
        all.records.map(({ clients }) => clients.map(({ personal }) => personal)),
      );
    });

    it('takes no local steps after the last round for their figure alone, where they are not scored', async () => {
      const { figures, trained } = await scoredAs(fedit, 2, { every: 1, localSteps: false });
      expect(figures).toEqual([
        [true, true, false],
        [true, true, false],
      ]);
      expect(trained).toBe(2);
    });

    it('scores the local steps that a method ends in', async () => {
      const { figures, trained } = await scoredAs(feditLocal, 2, { every: 0, localSteps: false });
      expect(figures).toEqual([
        [false, false, false],
        [true, true, true],
      ]);
      expect(trained).toBe(3);
    });
  });

  it('laws 3 and 4 through the loop: exclusive positions stay, shared ones average over their holders', async () => {
    // Position 0 is everybody's, 1 is a's and b's, 2 is c's alone.
    const masks = [
      [0, 1],
      [0, 1],
      [0, 2],
    ].map((positions) => architectureFrom(layout.size, positions));
    const { store, events } = await play(perfit, 1, memoryStore(), masks);
    const [a, , c] = clients.map((client) => store.read(client)!.state.shared.values);
    expect(a![0]).toBeCloseTo(1 + 14 / 6, 6);
    expect(a![1]).toBeCloseTo((2 * 1 + 3 * 2) / 3, 6);
    expect(c![2]).toBe(4);
    expect(completed(events).rounds[0]!.clients[2]).toMatchObject({ live: 2, shared: 1, exclusive: 1 });
  });

  it('resumes after the last whole round to the same end', async () => {
    const whole = completed((await play(fedit, 3)).events);
    const store = memoryStore();
    await play(fedit, 3, store).then(() => {});
    const interrupted = memoryStore();
    const transport = arithmetic(interrupted, fedit);
    const world = {
      transport,
      store: interrupted,
      sampler: fraction({ fraction: 1 }),
      save: () => {},
      keepLocal: false,
    };
    // Leaves after the first whole round.
    await lastValueFrom(
      roundLoop(context(fedit, 3), world).pipe(
        take((await play(fedit, 1)).events.findIndex(({ type }) => type === 'round-completed') + 1),
      ),
    );
    expect(interrupted.restore()!.round).toBe(1);
    const resumed = await lastValueFrom(roundLoop(context(fedit, 3), world).pipe(toArray()));
    expect(resumed[0]).toMatchObject({ type: 'run-started', from: 2 });
    expect(completed(resumed)).toEqual(whole);
  });

  it('killed anywhere in a round, goes on from the last whole one to the same end', async () => {
    const { events } = await play(fedit, 3);
    const whole = events.findIndex(({ type }) => type === 'round-completed') + 1;
    const next = events.findIndex(({ type }, index) => type === 'round-completed' && index >= whole);
    const loopOn = (folder: string) => {
      const store = directoryStore(folder);
      const world = { transport: arithmetic(store, fedit), store, sampler: fraction({ fraction: 1 }) };
      return roundLoop(context(fedit, 3), { ...world, save: () => {}, keepLocal: false });
    };
    // In the first client's training, after the last one's, between two downloads, before the round is whole.
    for (const heard of [whole + 2, whole + 9, next - 3, next]) {
      const folder = join(mkdtempSync(join(tmpdir(), 'perfit-loop-')), 'state');
      await lastValueFrom(loopOn(folder).pipe(take(heard)));
      const resumed = await lastValueFrom(loopOn(folder).pipe(toArray()));
      expect(resumed[0]).toMatchObject({ type: 'run-started', from: 2 });
      expect(completed(resumed)).toEqual(completed(events));
    }
  });

  it('stops when the subscriber leaves: no client trains after that', async () => {
    const store = memoryStore();
    const transport = arithmetic(store, fedit);
    const loop = roundLoop(context(fedit, 5), {
      transport,
      store,
      sampler: fraction({ fraction: 1 }),
      save: () => {},
      keepLocal: false,
    });
    await firstValueFrom(loop.pipe(take(3)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(transport.log.length).toBeLessThanOrEqual(2);
  });
});
