import { join } from 'node:path';
import { createEngine, type Engine, type Tensor } from '@perfit/tensorflow';
import { openCheckpoint } from '../checkpoint/open.js';
import type {
  Backbone,
  BackpropagateOptions,
  Checkpoint,
  HiddenStateStore,
  Projector,
  TokenBatch,
} from '../contract.js';
import { frozenProjector } from '../frozen-projector.js';
import { loadBackbone } from './load.js';
import { reuseHiddenStates } from './reuse-hidden-states.js';

const code = (code: string) => expect.objectContaining({ code: `models/${code}` });
let checkpoint: Checkpoint;
beforeAll(async () => {
  checkpoint = await openCheckpoint(join(__dirname, '../goldens/tied'));
});
afterAll(() => checkpoint.weights.close());

/** Loss on every second token. */
function batchOf(lengths: readonly number[], salt = 0): TokenBatch {
  const starts = Int32Array.from([0, ...lengths], (_, s) => lengths.slice(0, s).reduce((sum, n) => sum + n, 0));
  const ids = Int32Array.from({ length: starts.at(-1)! }, (_, i) => (i * 53 + 11 + salt * 7) % 320);
  const ends = new Set(starts);
  const lossPositions = Int32Array.from(
    [...ids.keys()].filter((position) => position % 2 === 1 && !ends.has(position + 1)),
  );
  return { ids, starts, lossPositions, labels: lossPositions.map((position) => ids[position + 1]) };
}

/** Below and above what a kernel takes at once; WebAssembly is slow. */
const LENGTHS = { native: [5, 33, 65], wasm: [5, 12, 9] } as const;

function memoryStore() {
  const kept = new Map<string, Float32Array>();
  const asked: string[] = [];
  const key = (layers: number, ids: Int32Array) => `${layers}:${ids.join()}`;
  const store: HiddenStateStore = {
    read: (layers, ids) => {
      asked.push(`${layers}:${ids.length}${kept.has(key(layers, ids)) ? '' : ' missing'}`);
      return kept.get(key(layers, ids));
    },
    write: (layers, ids, hidden) => void kept.set(key(layers, ids), hidden),
  };
  return { store, kept, asked };
}

describe.each([
  ['native', 'f32'],
  ['native', 'bf16'],
  ['wasm', 'f32'],
] as const)('on the %s engine in %s', (prefer, dtype) => {
  let engine: Engine;
  let backbone: Backbone;
  let atRest: number;
  beforeAll(async () => {
    engine = await createEngine({ prefer, threads: 2 });
  });
  beforeEach(async () => {
    backbone = await loadBackbone(engine, checkpoint, { dtype });
    engine.dispose(backbone.losses(batchOf([128]), frozenProjector(engine)));
    atRest = engine.live();
  });
  afterEach(() => {
    expect(engine.live()).toBe(atRest);
    backbone.dispose();
    expect(engine.live()).toBe(0);
  });

  const read = (tensor: Tensor): Float32Array => {
    const values = engine.download(tensor) as Float32Array;
    engine.dispose(tensor);
    return values;
  };
  /** Adapts the layers from `lowest` on, and gathers dW. */
  const gathering = (lowest: number) => {
    const frozen = frozenProjector(engine);
    const gradients = new Map<string, Float32Array>();
    const adapts: Projector['adapts'] = ({ sites }) => sites[0].layer >= lowest;
    const projector: Projector = {
      ...frozen,
      adapts,
      changes: adapts,
      backproject: (group, x, dy, wantsInput) => {
        if (x) {
          const [wideX, wideY] = [engine.cast(x, 'f32'), engine.cast(dy, 'f32')];
          gradients.set(group.sites[0].name, read(engine.matmul(wideY, wideX, { transposeA: true })));
          engine.dispose(wideX, wideY);
        }
        return frozen.backproject(group, x, dy, wantsInput);
      },
    };
    return { projector, gradients };
  };
  const pass = (from: Backbone, batch: TokenBatch, lowest: number, options: BackpropagateOptions = {}) => {
    const { projector, gradients } = gathering(lowest);
    return { losses: read(from.backpropagate(batch, projector, options)), gradients };
  };

  test('entering at any layer gives the bits of the whole way', () => {
    const batch = batchOf(LENGTHS[prefer]);
    for (const layer of [0, 1, 2]) {
      const whole = pass(backbone, batch, layer);
      const hidden = backbone.hidden(batch, layer, frozenProjector(engine));
      expect(hidden.shape).toEqual([batch.ids.length, backbone.config.hidden]);
      expect(pass(backbone, batch, layer, { entry: { layer, hidden } })).toEqual(whole);
      const { projector } = gathering(layer);
      expect(read(backbone.losses(batch, projector, { layer, hidden }))).toEqual(whole.losses);
      engine.dispose(hidden);
    }
  });

  test('reused states give the bits of computing them, in whatever batches they were computed', () => {
    const { store, kept, asked } = memoryStore();
    const reusing = reuseHiddenStates(engine, backbone, store);
    const first = batchOf([7, 5, 13, LENGTHS[prefer][1]]);
    const sequence = (s: number) => [...first.ids.subarray(first.starts[s], first.starts[s + 1])];
    // Two sequences of the first batch among new ones, in another order.
    const ids = [[3, 1, 4, 1, 5, 9, 2, 6], sequence(3), [2, 7, 1, 8, 2, 8], sequence(0)];
    const lengths = ids.map(({ length }) => length);
    const second = { ...batchOf(lengths), ids: Int32Array.from(ids.flat()) };
    for (const batch of [first, second, first]) {
      expect(pass(reusing, batch, 2)).toEqual(pass(backbone, batch, 2));
      const { projector } = gathering(2);
      expect(read(reusing.losses(batch, projector))).toEqual(read(backbone.losses(batch, projector)));
    }
    expect(kept.size).toBe(6);
    expect(asked.filter((line) => line.includes('missing'))).toEqual(
      [7, 5, 13, LENGTHS[prefer][1], 8, 6].map((length) => `2:${length} missing`),
    );
  });

  test('nothing is asked of the store where every layer changes, or none does', () => {
    const { store, asked } = memoryStore();
    const reusing = reuseHiddenStates(engine, backbone, store);
    const batch = batchOf([9, 12]);
    expect(pass(reusing, batch, 0)).toEqual(pass(backbone, batch, 0));
    expect(read(reusing.losses(batch, frozenProjector(engine)))).toEqual(
      read(backbone.losses(batch, frozenProjector(engine))),
    );
    expect(asked).toEqual([]);
  });

  test('checkpointing gives the bits of keeping everything, whatever is adapted', () => {
    const batch = batchOf(LENGTHS[prefer]);
    for (const lowest of [0, 1, 2])
      expect(pass(backbone, batch, lowest, { checkpointing: true })).toEqual(pass(backbone, batch, lowest));
  });

  test('states that do not fit are refused', () => {
    const batch = batchOf([5, 6]);
    const { projector } = gathering(1);
    const zeros = (shape: readonly number[]) =>
      engine.upload(new Float32Array(shape.reduce((product, n) => product * n, 1)), shape);
    const right = zeros([11, backbone.config.hidden]);
    for (const shape of [[10, backbone.config.hidden], [11, 3], [11 * backbone.config.hidden]]) {
      const hidden = zeros(shape);
      expect(() => backbone.losses(batch, projector, { layer: 1, hidden })).toThrow(code('bad-batch'));
      engine.dispose(hidden);
    }
    for (const layer of [2, -1, 0.5, 99]) {
      expect(() => backbone.losses(batch, projector, { layer, hidden: right })).toThrow(code('bad-batch'));
      expect(() => backbone.backpropagate(batch, projector, { entry: { layer, hidden: right } })).toThrow(
        code('bad-batch'),
      );
    }
    const sink = () => expect(true).toBe(false);
    expect(() => backbone.backpropagate(batch, projector, { entry: { layer: 1, hidden: right }, sink })).toThrow(
      code('bad-batch'),
    );
    expect(() => backbone.hidden(batch, 99, projector)).toThrow(code('bad-batch'));
    engine.dispose(right);
  });
});
