/// <reference types="jest" />
import { fullArchitecture } from '@perfit/lora';
import { isPerfitError } from '@perfit/strategy';
import type { Update } from '../contract.js';
import type { Bench } from './bench.js';
import { contextOf, startServer } from './federation.js';

/** What every aggregator refuses: broken updates, second ones, late ones, states of another layout. */
export function testRefusals({ make, layout, updates, after, demands, traits, sample }: Bench): void {
  const [good] = updates;
  const { mask, values, architecture } = good;
  const broken: Record<string, Update> = {
    'a NaN': { ...good, values: values.map((value, i) => (i === 3 ? Number.NaN : value)) },
    'an infinity': { ...good, values: values.map((value, i) => (i === 0 ? Number.NEGATIVE_INFINITY : value)) },
    'too few values': { ...good, values: values.subarray(1) },
    'a mask of another layout': { ...good, mask: { ...mask, size: mask.size - 1 } },
    'a mask of too few bytes': { ...good, mask: { ...mask, bits: mask.bits.subarray(1) } },
    'a mask with a wrong count': { ...good, mask: { ...mask, live: mask.live + 1 } },
    'ones past the end': { ...good, architecture: { ...architecture, bits: architecture.bits.map((b) => b | 0x80) } },
    'a mask outside of the architecture': {
      ...good,
      mask: fullArchitecture(layout.size),
      values: new Float32Array(layout.size),
    },
    'no examples': { ...good, examples: 0 },
    'half an example': { ...good, examples: 1.5 },
    'NaN examples': { ...good, examples: Number.NaN },
  };
  for (const name of demands.vectors ?? []) {
    const vector = good.vectors![name];
    const { [name]: _, ...others } = good.vectors!;
    broken[`no vector ${name}`] = { ...good, vectors: others };
    broken[`a short vector ${name}`] = { ...good, vectors: { ...others, [name]: vector.subarray(1) } };
    broken[`a NaN in vector ${name}`] = { ...good, vectors: { ...others, [name]: vector.map(() => Number.NaN) } };
  }

  test.each(Object.keys(broken))('%s, and the round goes on without it', (name) => {
    const aggregator = make();
    const server = startServer(aggregator, layout);
    const fold = aggregator.fold(server.state, contextOf(server, layout));
    expectRefusal(() => fold.add(broken[name]), good.client);
    for (const update of updates) fold.add(update);
    expect(fold.finish()).toEqual(after(updates).state);
  });

  test('a second update of one client, and one after the end', () => {
    const aggregator = make();
    const server = startServer(aggregator, layout);
    const fold = aggregator.fold(server.state, contextOf(server, layout));
    for (const update of updates) fold.add(update);
    expectRefusal(() => fold.add(good), good.client);
    const state = fold.finish();
    expectRefusal(() => fold.add({ ...good, client: 'late' }), 'late');
    expect(fold.finish()).toEqual(state);
    expect(state).toEqual(after(updates).state);
  });

  test('a state of another layout', () => {
    const { state, registry } = after(updates);
    const cut = Object.fromEntries(Object.entries(state).map(([name, array]) => [name, array.slice(1)]));
    expect(() => make().fold(cut, contextOf({ state: cut, registry }, layout))).toThrow();
  });

  if (traits.minimumClients > 1)
    test('a round of too few clients, and says how many there were', () => {
      const few = sample(5, 0.6, 1).slice(0, traits.minimumClients - 1);
      expectRefusal(() => after(few), `n=${few.length}`);
    });
}

function expectRefusal(act: () => void, named: string): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(isPerfitError(thrown)).toBe(true);
  expect((thrown as Error).message).toContain(named);
}
