import { join } from 'node:path';
import { createEngine, type Engine, type Tensor } from '@perfit/tensorflow';
import { initialWeights } from '../checkpoint/initial-weights.js';
import { openCheckpoint } from '../checkpoint/open.js';
import type { Backbone, Checkpoint, Projector, TokenBatch } from '../contract.js';
import { frozenProjector } from '../frozen-projector.js';
import { loadBackbone } from './load.js';

const code = (code: string) => expect.objectContaining({ code: `models/${code}` });
let engine: Engine;
let checkpoint: Checkpoint;
let backbone: Backbone;
let atRest: number;
beforeAll(async () => {
  engine = await createEngine({ prefer: 'native', threads: 2 });
  checkpoint = await openCheckpoint(join(__dirname, '../goldens/tied'));
});
beforeEach(async () => {
  backbone = await loadBackbone(engine, checkpoint);
  engine.dispose(backbone.losses(batch, frozenProjector(engine)));
  atRest = engine.live();
});
afterEach(() => {
  backbone.dispose();
  expect(engine.live()).toBe(0);
});

/** Two sequences of eight tokens, loss on the last four of each. */
const batch: TokenBatch = {
  ids: Int32Array.from({ length: 16 }, (_, i) => (i * 37 + 5) % 320),
  starts: Int32Array.of(0, 8, 16),
  lossPositions: Int32Array.of(3, 4, 5, 6, 11, 12, 13, 14),
  labels: Int32Array.from({ length: 8 }, (_, i) => (i * 71 + 9) % 320),
};

function read(tensor: Tensor): Float32Array {
  const values = engine.download(tensor) as Float32Array;
  engine.dispose(tensor);
  return values;
}

/** Gathers dW of the adapted groups, and notes how it was called. */
function gathering(adapted: (site: string) => boolean) {
  const frozen = frozenProjector(engine);
  const gradients = new Map<string, Float32Array>();
  const calls: string[] = [];
  const projector: Projector = {
    ...frozen,
    adapts: ({ sites }) => sites.some(({ name }) => adapted(name)),
    backproject: (group, x, dy, wantsInput) => {
      const name = group.sites[0].name.replace('model.layers.', '');
      calls.push(`${name}${x ? ' adapted' : ''}${wantsInput ? '' : ' last'}`);
      if (x) gradients.set(group.sites[0].name, read(engine.matmul(dy, x, { transposeA: true })));
      return frozen.backproject(group, x, dy, wantsInput);
    },
  };
  return { projector, gradients, calls };
}

describe('the backward', () => {
  test.each([
    [
      '1.self_attn.q_proj',
      [
        '2.mlp.down_proj',
        '2.mlp.gate_proj',
        '2.mlp.up_proj',
        '2.self_attn.o_proj',
        '2.self_attn.q_proj',
        '1.mlp.down_proj',
        '1.mlp.gate_proj',
        '1.mlp.up_proj',
        '1.self_attn.o_proj',
        '1.self_attn.q_proj adapted last',
      ],
    ],
    ['2.self_attn.o_proj', ['2.mlp.down_proj', '2.mlp.gate_proj', '2.mlp.up_proj', '2.self_attn.o_proj adapted last']],
    ['2.mlp.up_proj', ['2.mlp.down_proj', '2.mlp.up_proj adapted last']],
    ['2.mlp.down_proj', ['2.mlp.down_proj adapted last']],
  ])('for %s alone ends there, with the gradient of the whole', (site, expected) => {
    const name = `model.layers.${site}`;
    const whole = gathering(() => true);
    engine.dispose(backbone.backpropagate(batch, whole.projector));
    const { projector, gradients, calls } = gathering((other) => other === name);
    engine.dispose(backbone.backpropagate(batch, projector));
    expect(calls).toEqual(expected);
    expect(gradients.size).toBe(1);
    for (const [group, gradient] of gradients) expect(gradient).toEqual(whole.gradients.get(group));
    expect(engine.live()).toBe(atRest);
  });

  test('of a model that nothing adapts is none', () => {
    const { projector, calls } = gathering(() => false);
    const losses = read(backbone.backpropagate(batch, projector));
    expect(calls).toEqual([]);
    expect(losses).toEqual(read(backbone.losses(batch, projector)));
  });

  test('is linear in the weights of the losses; by default their mean', () => {
    const gradient = (weights?: Float32Array) => {
      const { projector, gradients } = gathering((name) => name === 'model.layers.1.self_attn.o_proj');
      engine.dispose(backbone.backpropagate(batch, projector, weights ? { weights } : {}));
      return [...gradients.values()][0];
    };
    const first = gradient(Float32Array.of(1, 1, 1, 1, 0, 0, 0, 0));
    const second = gradient(Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1));
    const mean = gradient();
    const most = Math.max(...mean.map(Math.abs));
    mean.forEach((value, i) => {
      expect(Math.abs((first[i] + second[i]) / 8 - value) / most).toBeLessThan(1e-5);
    });
  });

  test('leaves nothing behind when a projector throws, wherever it does', () => {
    for (let after = 0; after < 24; after += 5) {
      let count = 0;
      const { projector } = gathering(() => true);
      const failing: Projector = {
        ...projector,
        backproject: (...operands) => {
          if (count++ === after) throw new Error('stop');
          return projector.backproject(...operands);
        },
      };
      if (after < 15) expect(() => backbone.backpropagate(batch, failing)).toThrow('stop');
      expect(engine.live()).toBe(atRest);
    }
  });
});

describe('batches', () => {
  const frozen = () => frozenProjector(engine);

  test('of sequences of different lengths: losses and gradients are those of each alone', () => {
    const lengths = [2, 65, 9, 64];
    const starts = Int32Array.from([0, ...lengths], (_, s) => lengths.slice(0, s).reduce((sum, n) => sum + n, 0));
    const ids = Int32Array.from({ length: starts.at(-1)! }, (_, i) => (i * 53 + 11) % 320);
    const sequences = lengths.map((length, s): TokenBatch => {
      const own = ids.subarray(starts[s], starts[s + 1]);
      const count = Math.ceil(length / 2);
      const lossPositions = Int32Array.from(
        { length: Math.min(count, length - 1) },
        (_, m) => length - 2 - m,
      ).reverse();
      const labels = lossPositions.map((position) => own[position + 1]);
      return { ids: own, starts: Int32Array.of(0, length), lossPositions, labels };
    });
    const together: TokenBatch = {
      ids,
      starts,
      lossPositions: Int32Array.from(
        sequences.flatMap(({ lossPositions }, s) => [...lossPositions.map((p) => starts[s] + p)]),
      ),
      labels: Int32Array.from(sequences.flatMap(({ labels }) => [...labels])),
    };
    const weight = 1 / together.labels.length;
    const all = gathering(() => true);
    const losses = read(backbone.backpropagate(together, all.projector));
    expect(read(backbone.losses(together, frozen()))).toEqual(losses);
    const sums = new Map<string, Float64Array>();
    let m = 0;
    for (const sequence of sequences) {
      const one = gathering(() => true);
      const weights = new Float32Array(sequence.labels.length).fill(weight);
      for (const loss of read(backbone.backpropagate(sequence, one.projector, { weights })))
        expect(Math.abs(loss - losses[m++])).toBeLessThan(2e-5);
      for (const [name, gradient] of one.gradients) {
        const sum = sums.get(name) ?? new Float64Array(gradient.length);
        gradient.forEach((value, i) => {
          sum[i] += value;
        });
        sums.set(name, sum);
      }
    }
    expect(m).toBe(losses.length);
    for (const [name, sum] of sums) {
      const got = all.gradients.get(name)!;
      const most = Math.max(...sum.map(Math.abs));
      sum.forEach((value, i) => {
        expect(Math.abs(got[i] - value)).toBeLessThan(2e-5 * most);
      });
    }
  });

  test('of one token, and without loss', () => {
    const none = {
      ids: Int32Array.of(7),
      starts: Int32Array.of(0, 1),
      lossPositions: new Int32Array(0),
      labels: new Int32Array(0),
    };
    expect(read(backbone.losses(none, frozen()))).toHaveLength(0);
    expect(read(backbone.logits(none, Int32Array.of(0), frozen()))).toHaveLength(320);
    const { projector, calls } = gathering(() => true);
    expect(read(backbone.backpropagate(none, projector))).toHaveLength(0);
    expect(calls).toEqual([]);
  });

  test.each([
    ['bad-batch', { ids: Int32Array.of(1, 2, 3) }],
    ['bad-batch', { starts: new Int32Array(0) }],
    ['bad-batch', { starts: Int32Array.of(0) }],
    ['bad-batch', { starts: Int32Array.of(1, 8, 16) }],
    ['bad-batch', { starts: Int32Array.of(0, 8) }],
    ['bad-batch', { starts: Int32Array.of(0, 8, 17) }],
    ['bad-batch', { starts: Int32Array.of(0, 8, 8, 16) }],
    ['bad-batch', { starts: Int32Array.of(0, 10, 8, 16) }],
    ['bad-batch', { ids: new Int32Array(16).fill(320) }],
    ['bad-batch', { ids: new Int32Array(16).fill(-1) }],
    ['bad-batch', { labels: new Int32Array(8).fill(320) }],
    ['bad-batch', { labels: new Int32Array(7) }],
    ['bad-batch', { lossPositions: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 16) }],
    ['bad-batch', { lossPositions: Int32Array.of(-1, 1, 2, 3, 4, 5, 6, 8) }],
    ['bad-batch', { lossPositions: Int32Array.of(3, 4, 5, 7, 11, 12, 13, 14) }],
    ['bad-batch', { lossPositions: Int32Array.of(3, 4, 5, 6, 11, 12, 13, 15) }],
    ['bad-batch', { starts: Int32Array.of(0, 0), ids: new Int32Array(0) }],
    ['context-exceeded', { starts: Int32Array.of(0, 129, 130), ids: new Int32Array(130) }],
  ])('refuses with %s: %j', (expected, change) => {
    const bad = { ...batch, ...change };
    expect(() => backbone.losses(bad, frozen())).toThrow(code(expected));
    expect(() => backbone.backpropagate(bad, frozen())).toThrow(code(expected));
    expect(engine.live()).toBe(atRest);
  });

  test('refuses weights and positions that do not fit', () => {
    expect(() => backbone.backpropagate(batch, frozen(), { weights: new Float32Array(7) })).toThrow(code('bad-batch'));
    expect(() => backbone.logits(batch, Int32Array.of(16), frozen())).toThrow(code('bad-batch'));
  });

  test('may hold more tokens than the context, each sequence within it', () => {
    const ids = new Int32Array(256);
    const long = { ids, starts: Int32Array.of(0, 128, 256), lossPositions: Int32Array.of(0), labels: Int32Array.of(1) };
    expect(read(backbone.losses(long, frozen()))).toHaveLength(1);
  });

  test('of every length share one table of angles', () => {
    const order = [9, 40, 3, 128, 40];
    for (const length of order) {
      const row = {
        ids: new Int32Array(length).fill(5),
        starts: Int32Array.of(0, length),
        lossPositions: Int32Array.of(0),
        labels: Int32Array.of(1),
      };
      engine.dispose(backbone.losses(row, frozen()));
      expect(engine.live()).toBe(atRest);
    }
  });
});

describe('decoding', () => {
  test('in one piece, in pieces and token by token gives the logits of the whole row', () => {
    const ids = [...batch.ids.subarray(0, 8)];
    const projector = frozenProjector(engine);
    const row = {
      ids: batch.ids.subarray(0, 8),
      starts: Int32Array.of(0, 8),
      lossPositions: batch.lossPositions.subarray(0, 4),
      labels: batch.labels.subarray(0, 4),
    };
    const whole = read(backbone.logits(row, Int32Array.of(7), projector));
    for (const cuts of [[8], [3, 5], [1, 1, 1, 1, 1, 1, 1, 1], [7, 1]]) {
      const decoding = backbone.decode(projector);
      let at = 0;
      let logits = new Float32Array();
      for (const cut of cuts) {
        logits = decoding.feed(ids.slice(at, at + cut)) as Float32Array<ArrayBuffer>;
        at += cut;
      }
      decoding.dispose();
      logits.forEach((value, i) => {
        expect(Math.abs(value - whole[i])).toBeLessThan(1e-4);
      });
    }
    expect(engine.live()).toBe(atRest);
  });

  test('refuses nothing, unknown ids and more than the context', () => {
    const decoding = backbone.decode(frozenProjector(engine));
    expect(() => decoding.feed([])).toThrow(code('bad-batch'));
    expect(() => decoding.feed([320])).toThrow(code('bad-batch'));
    decoding.feed(Array(127).fill(1));
    expect(() => decoding.feed([1, 1])).toThrow(code('context-exceeded'));
    expect(decoding.feed([1])).toHaveLength(320);
    decoding.dispose();
    expect(engine.live()).toBe(atRest);
  });
});

describe('the frozen weights', () => {
  test('come back by site', () => {
    expect(backbone.sites).toHaveLength(21);
    expect(backbone.sites[1]).toEqual({
      name: 'model.layers.0.self_attn.k_proj',
      layer: 0,
      in: 32,
      out: 32,
      flops: 2048,
    });
    for (const site of backbone.sites)
      expect(backbone.frozen(site)).toEqual(checkpoint.weights.read(`${site.name}.weight`));
    expect(() => backbone.frozen({ ...backbone.sites[0], name: 'lm_head' })).toThrow(code('unknown-site'));
  });

  test('in bf16 give nearly the losses of f32, and gradients', async () => {
    const half = await loadBackbone(engine, checkpoint, { dtype: 'bf16' });
    const { projector, gradients } = gathering(() => true);
    const precise = gathering(() => true);
    const losses = read(half.backpropagate(batch, projector));
    const expected = read(backbone.backpropagate(batch, precise.projector));
    losses.forEach((value, i) => {
      expect(Math.abs(value / expected[i] - 1)).toBeLessThan(0.03);
    });
    for (const [name, gradient] of precise.gradients) {
      const norm = Math.hypot(...gradient);
      const error = Math.hypot(...gradients.get(name)!.map((value, i) => value - gradient[i]));
      expect(error / norm).toBeLessThan(0.1);
    }
    half.dispose();
  });

  test('of a new model predict every token alike', async () => {
    let state = 3;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const { config } = checkpoint;
    const fresh = await loadBackbone(engine, { config, weights: initialWeights(config, random) });
    const losses = read(fresh.losses(batch, frozenProjector(engine)));
    for (const loss of losses) expect(Math.abs(loss - Math.log(320))).toBeLessThan(0.5);
    fresh.dispose();
  });

  test('are not left on the engine when loading fails', async () => {
    const read = (name: string) => {
      if (name.includes('layers.2')) throw new Error('cut off');
      return checkpoint.weights.read(name);
    };
    const broken = { config: checkpoint.config, weights: { ...checkpoint.weights, read } };
    await expect(loadBackbone(engine, broken)).rejects.toThrow('cut off');
    expect(engine.live()).toBe(atRest);
  });

  test('in bf16 need an engine that has it', async () => {
    const without = { ...engine, supports: (dtype: string) => dtype !== 'bf16' };
    await expect(loadBackbone(without, checkpoint, { dtype: 'bf16' })).rejects.toThrow(code('unsupported-dtype'));
  });
});
