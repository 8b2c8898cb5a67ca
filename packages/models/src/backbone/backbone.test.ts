import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Engine, type Tensor } from '@perfit/tensorflow';
import { openCheckpoint } from '../checkpoint/open.js';
import type { Checkpoint, Projector, TokenBatch } from '../contract.js';
import { frozenProjector } from '../frozen-projector.js';
import { loadBackbone } from './load.js';

const goldens = join(__dirname, '../goldens');

interface Golden {
  rows: number;
  length: number;
  ids: number[];
  lossPositions: number[];
  labels: number[];
  losses: number[];
  logitPositions: number[];
  logits: number[][];
  gradients: Record<string, { norm: number; probe: number }>;
  prompt: number[];
  greedy: number[];
}

/** PyTorch's batch is rows padded on the right, ours the rows' own tokens end to end; `at` turns its positions into ours. */
function load(name: string): { golden: Golden; batch: TokenBatch; at: (positions: readonly number[]) => Int32Array } {
  const golden: Golden = JSON.parse(readFileSync(join(goldens, `${name}.json`), 'utf8'));
  const { rows, length, ids, lossPositions, labels } = golden;
  const own: number[] = [];
  const starts = [0];
  for (let row = 0; row < rows; row++) {
    const last = Math.max(...lossPositions.filter((position) => Math.floor(position / length) === row));
    own.push(...ids.slice(row * length, last + 2));
    starts.push(own.length);
  }
  expect(starts).toEqual([0, 24, 41, 50]);
  const at = (positions: readonly number[]) =>
    Int32Array.from(positions, (position) => starts[Math.floor(position / length)] + (position % length));
  const batch = {
    ids: Int32Array.from(own),
    starts: Int32Array.from(starts),
    lossPositions: at(lossPositions),
    labels: Int32Array.from(labels),
  };
  return { golden, batch, at };
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const most = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(tolerance * Math.max(1, most));
}

/** Trains the frozen weights themselves: gathers dW of every site. */
function denseProjector(engine: Engine, adapted: (site: string) => boolean = () => true) {
  const gradients = new Map<string, Float32Array>();
  const frozen = frozenProjector(engine);
  const asked: string[] = [];
  const projector: Projector = {
    adapts: ({ sites }) => sites.some(({ name }) => adapted(name)),
    changes: ({ sites }) => sites.some(({ name }) => adapted(name)),
    project: frozen.project,
    backproject: (group, x, dy, wantsInput) => {
      asked.push(`${group.sites[0].name}${x ? '' : ' frozen'}${wantsInput ? '' : ' last'}`);
      if (x) {
        const dW = engine.matmul(dy, x, { transposeA: true });
        let at = 0;
        for (const { name, out, in: width } of group.sites) {
          gradients.set(`${name}.weight`, (engine.download(dW) as Float32Array).slice(at, at + out * width));
          at += out * width;
        }
        engine.dispose(dW);
      }
      return frozen.backproject(group, x, dy, wantsInput);
    },
  };
  return { projector, gradients, asked };
}

const engines: [string, () => Promise<Engine>][] = [
  ['native', () => createEngine({ prefer: 'native', threads: 2 })],
  ['wasm', () => createEngine({ prefer: 'wasm' })],
];

describe.each(engines)('on the %s engine', (_, create) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await create();
  });
  afterEach(() => expect(engine.live()).toBe(0));

  describe.each(['tied', 'untied', 'every-quantisation'])('%s: as PyTorch transformers computes it', (name) => {
    const { golden, batch, at } = load(name);
    let checkpoint: Checkpoint;
    beforeAll(async () => {
      checkpoint = await openCheckpoint(join(goldens, name === 'every-quantisation' ? `${name}.gguf` : name));
    });
    afterAll(() => checkpoint.weights.close());

    test('losses', async () => {
      const backbone = await loadBackbone(engine, checkpoint);
      const losses = backbone.losses(batch, frozenProjector(engine));
      expectClose(engine.download(losses), golden.losses, 2e-5);
      engine.dispose(losses);
      backbone.dispose();
    });

    test('logits', async () => {
      const backbone = await loadBackbone(engine, checkpoint);
      const logits = backbone.logits(batch, at(golden.logitPositions), frozenProjector(engine));
      expect(logits.shape).toEqual([3, backbone.config.vocabulary]);
      expectClose(engine.download(logits), golden.logits.flat(), 2e-5);
      engine.dispose(logits);
      backbone.dispose();
    });

    test('every gradient', async () => {
      const backbone = await loadBackbone(engine, checkpoint);
      const { projector, gradients } = denseProjector(engine);
      const sink = (name: string, gradient: Tensor) => {
        expect(gradients.has(name)).toBe(false);
        expect(gradient.shape).toEqual(checkpoint.weights.shape(name));
        gradients.set(name, engine.download(gradient) as Float32Array);
        engine.dispose(gradient);
      };
      const losses = backbone.backpropagate(batch, projector, { sink });
      expectClose(engine.download(losses), golden.losses, 2e-5);
      expect([...gradients.keys()].sort()).toEqual(Object.keys(golden.gradients).sort());
      for (const [name, { norm, probe }] of Object.entries(golden.gradients)) {
        const g = gradients.get(name)!;
        const along = g.reduce((sum, value, i) => sum + value * Math.sin((i + 1) * 0.7), 0);
        expect(Math.abs(Math.hypot(...g) / norm - 1)).toBeLessThan(1e-4);
        expect(Math.abs(along - probe)).toBeLessThan(1e-4 * norm);
      }
      engine.dispose(losses);
      backbone.dispose();
    });

    test('greedy tokens, with a key-value cache', async () => {
      const backbone = await loadBackbone(engine, checkpoint);
      const decoding = backbone.decode(frozenProjector(engine));
      const tokens: number[] = [];
      let next = golden.prompt;
      while (tokens.length < golden.greedy.length) {
        const logits = decoding.feed(next);
        tokens.push(logits.indexOf(Math.max(...logits)));
        next = [tokens.at(-1)!];
      }
      expect(tokens).toEqual(golden.greedy);
      decoding.dispose();
      backbone.dispose();
    });
  });
});
