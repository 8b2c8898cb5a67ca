import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromFloat32, openTensors, type StoredTensor, writeTensors } from '@perfit/safetensors';
import {
  applyArchitecture,
  architectureFrom,
  compactRanks,
  createLayout,
  fullArchitecture,
  readAdapter,
  type SavedAdapter,
  writeAdapter,
} from '../index.js';
import { sampleLayout, sampleSites, seededRandom } from '../testing.js';

const refuses = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });
const lora = (code: string, message?: string) => refuses(`lora/${code}`, message);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'adapter-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function sample(density = 0.5, rank = 4): SavedAdapter {
  const layout = sampleLayout(rank);
  const random = seededRandom(2);
  const architecture = architectureFrom(layout.size, () => random() < density);
  const values = applyArchitecture(
    Float32Array.from({ length: layout.size }, () => random() - 0.5),
    architecture,
  );
  return { layout, values, architecture, scale: 2, baseModel: 'somebody/tiny' };
}

const json = (file: string) => JSON.parse(readFileSync(join(directory, file), 'utf8'));
const edit = (file: string, change: object) =>
  writeFileSync(join(directory, file), JSON.stringify({ ...json(file), ...change }));
const read = () => readAdapter(directory);

function tensors(change: (tensor: StoredTensor) => StoredTensor | undefined): void {
  const path = join(directory, 'adapter_model.safetensors');
  const file = openTensors(path);
  const changed = file.entries.map(({ name }) => change(file.read(name))).filter((tensor) => tensor !== undefined);
  file.close();
  writeTensors(path, changed);
}

test('an adapter survives there and back, with sites and without', () => {
  const adapter = sample();
  writeAdapter(directory, adapter);
  expect(readAdapter(directory, { sites: sampleSites(3) })).toEqual(adapter);
  expect(read()).toEqual(adapter);
  expect(readdirSync(directory).sort()).toEqual([
    'adapter_config.json',
    'adapter_model.safetensors',
    'mask.bin',
    'mask.json',
  ]);
});

test('the files say what PEFT and the mask’s readers expect', () => {
  const adapter = sample();
  writeAdapter(directory, adapter);
  expect(json('adapter_config.json')).toMatchObject({
    peft_type: 'LORA',
    r: 4,
    lora_alpha: 8,
    bias: 'none',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: 'somebody/tiny',
    inference_mode: true,
    target_modules: adapter.layout.sites.map(({ name }) => name),
    rank_pattern: {},
    alpha_pattern: {},
  });
  const bin = readFileSync(join(directory, 'mask.bin'));
  const file = openTensors(join(directory, 'adapter_model.safetensors'));
  const names = file.entries.map(({ name }) => name);
  file.close();
  expect(json('mask.json')).toEqual({
    order: [...names].sort(),
    P: adapter.layout.size,
    K: adapter.architecture.live,
    sha256: createHash('sha256').update(bin).digest('hex'),
  });
  expect(new Uint8Array(bin)).toEqual(adapter.architecture.bits);
});

test('a compacted adapter keeps one scale through rank_pattern and alpha_pattern', () => {
  const { layout, values, scale, baseModel } = sample(1);
  const pruned = architectureFrom(layout.size, (position) => {
    const { factor, offset, columns } = layout.slots.find((slot) => position < slot.offset + slot.size)!;
    const k = factor === 'A' ? Math.floor((position - offset) / columns) : (position - offset) % columns;
    return k < 1 + ((layout.slots.findIndex((slot) => slot.offset === offset) % 8) >> 1);
  });
  const compact = compactRanks(layout, { values: applyArchitecture(values, pruned), architecture: pruned });
  writeAdapter(directory, { ...compact, scale, baseModel });
  const { r, rank_pattern: ranks, alpha_pattern: alphas } = json('adapter_config.json');
  expect(r).toBe(4);
  expect(Object.keys(ranks).length).toBeGreaterThan(3);
  for (const [name, rank] of Object.entries(ranks)) expect(alphas[name]).toBe(2 * (rank as number));
  expect(read()).toEqual({ ...compact, scale, baseModel });
});

test('patterns are looked up as PEFT does: by the end of the name, first match first', () => {
  const sites = sampleSites(1).filter(({ name }) => /[qk]_proj/.test(name));
  const layout = createLayout(sites, ({ name }) => (name.includes('q_proj') ? 2 : 4));
  const values = new Float32Array(layout.size).fill(1);
  writeAdapter(directory, { layout, values, architecture: fullArchitecture(layout.size), scale: 1.5, baseModel: '' });
  edit('adapter_config.json', { rank_pattern: { 'q_p.*': 2, q_proj: 7 }, alpha_pattern: { 'self_attn.q_proj': 3 } });
  expect(read().scale).toBe(1.5);
  edit('adapter_config.json', { rank_pattern: { _proj: 2 } });
  expect(read).toThrow(lora('shape-mismatch', 'has rank 2, adapter_config.json says 4'));
  edit('adapter_config.json', { rank_pattern: { q_proj: 2 }, alpha_pattern: {} });
  expect(read).toThrow(lora('unsupported-adapter', 'the scale 1.5 and "model.layers.0.self_attn.q_proj" 3'));
  edit('adapter_config.json', { rank_pattern: { '(': 2 } });
  expect(read).toThrow(lora('bad-config', 'no regular expression'));
});

test('without mask files every position is live; with one of two it is refused', () => {
  const adapter = sample();
  writeAdapter(directory, adapter);
  rmSync(join(directory, 'mask.json'));
  expect(read).toThrow(lora('bad-mask', 'mask.json is missing'));
  rmSync(join(directory, 'mask.bin'));
  expect(read()).toEqual({ ...adapter, architecture: fullArchitecture(adapter.layout.size) });
});

test('a mask that is not this adapter’s is refused', () => {
  writeAdapter(directory, sample());
  const { order, K, P, sha256 } = json('mask.json');
  for (const change of [
    { K: K + 1 },
    { P: P + 8 },
    { order: [...order].reverse() },
    { order: order.slice(1) },
    { sha256: '' },
  ]) {
    edit('mask.json', change);
    expect(read).toThrow(lora('bad-mask'));
    edit('mask.json', { order, K, P, sha256 });
  }
  expect(read().architecture.live).toBe(K);
  const bin = readFileSync(join(directory, 'mask.bin'));
  bin[3] ^= 1;
  writeFileSync(join(directory, 'mask.bin'), bin);
  expect(read).toThrow(lora('bad-mask', 'sha256'));
  writeFileSync(join(directory, 'mask.json'), '[]');
  expect(read).toThrow(lora('bad-mask', 'does not describe a mask'));
});

test('a value outside of the mask, NaN and Infinity are refused, in writing and in reading', () => {
  const adapter = sample();
  const dead = adapter.values.indexOf(0);
  const spoilt = (position: number, value: number) => {
    const values = adapter.values.slice();
    values[position] = value;
    return { ...adapter, values };
  };
  expect(() => writeAdapter(directory, spoilt(dead, 1))).toThrow(lora('outside-mask', 'which its mask excludes'));
  expect(() => writeAdapter(directory, spoilt(3, Number.NaN))).toThrow(lora('not-finite', 'holds NaN at 3'));
  expect(() => writeAdapter(directory, { ...adapter, values: new Float32Array(3) })).toThrow(lora('size-mismatch'));
  expect(readdirSync(directory)).toEqual([]);
  writeAdapter(directory, adapter);
  const fill = (value: number) =>
    tensors(({ name, shape }) => fromFloat32(name, new Float32Array(shape[0] * shape[1]).fill(value), shape));
  fill(1);
  expect(read).toThrow(lora('outside-mask'));
  fill(Infinity);
  expect(read).toThrow(lora('not-finite'));
});

test('tensors that do not fit are named', () => {
  writeAdapter(directory, sample(1));
  const restore = () => writeAdapter(directory, sample(1));
  const q = (name: string) => name.includes('layers.0.self_attn.q_proj');
  tensors((tensor) => (q(tensor.name) && tensor.name.includes('lora_B') ? undefined : tensor));
  expect(read).toThrow(lora('missing-factor', 'has lora_A of "model.layers.0.self_attn.q_proj" without lora_B'));
  restore();
  tensors((tensor) => (q(tensor.name) && tensor.name.includes('lora_A') ? { ...tensor, shape: [3, 8] } : tensor));
  expect(read).toThrow(lora('shape-mismatch', 'A [3, 8] and B [8, 4], whose ranks differ'));
  restore();
  tensors((tensor) => (q(tensor.name) ? { ...tensor, shape: [tensor.bytes.length / 4] } : tensor));
  expect(read).toThrow(lora('shape-mismatch', 'has the shape [24]'));
  restore();
  tensors((tensor) => ({ ...tensor, name: tensor.name.replace('lora_A', 'lora_magnitude_vector') }));
  expect(read).toThrow(lora('unknown-tensor', 'lora_magnitude_vector'));
  tensors(() => undefined);
  expect(read).toThrow(lora('missing-factor', 'holds no tensor'));
});

test('another model’s sites are refused by name and size', () => {
  writeAdapter(directory, sample());
  expect(() => readAdapter(directory, { sites: sampleSites(1) })).toThrow(
    lora('unknown-site', 'adapts "model.layers.1.mlp.down_proj", which the model does not have'),
  );
  const wider = sampleSites().map((site) => ({ ...site, in: site.in * 2 }));
  expect(() => readAdapter(directory, { sites: wider })).toThrow(
    lora('shape-mismatch', 'with in=10, out=6; the model has in=20, out=6'),
  );
});

test.each<[object, string]>([
  [{ use_dora: true }, 'use_dora'],
  [{ use_rslora: true }, 'use_rslora'],
  [{ lora_bias: true }, 'lora_bias'],
  [{ bias: 'all' }, 'bias = all'],
  [{ modules_to_save: ['lm_head'] }, 'modules_to_save'],
  [{ fan_in_fan_out: true }, 'fan_in_fan_out'],
  [{ peft_type: 'IA3' }, 'type IA3'],
  [{ init_lora_weights: 'pissa_niter_4' }, 'pissa_niter_4'],
])('%p is refused', (change, message) => {
  writeAdapter(directory, sample());
  edit('adapter_config.json', change);
  expect(read).toThrow(lora('unsupported-adapter', message));
});

test('what is off in many ways is accepted', () => {
  writeAdapter(directory, sample());
  edit('adapter_config.json', {
    use_dora: null,
    modules_to_save: [],
    layer_replication: null,
    init_lora_weights: 'gaussian',
    loftq_config: {},
  });
  expect(read().scale).toBe(2);
});

test('missing and broken configurations are refused', () => {
  expect(read).toThrow(lora('bad-config', 'cannot read'));
  writeAdapter(directory, sample());
  edit('adapter_config.json', { r: 'eight' });
  expect(read).toThrow(lora('bad-config', 'at r'));
  writeFileSync(join(directory, 'adapter_config.json'), '{');
  expect(read).toThrow(lora('bad-config'));
  writeAdapter(directory, sample());
  rmSync(join(directory, 'adapter_model.safetensors'));
  expect(read).toThrow(refuses('safetensors/unreadable', 'ENOENT'));
});

test('a failed write leaves the old adapter whole', () => {
  const old = sample();
  writeAdapter(directory, old);
  expect(() => writeAdapter(directory, { ...old, values: old.values.map(() => Number.NaN) })).toThrow(
    lora('not-finite'),
  );
  expect(read()).toEqual(old);
});
