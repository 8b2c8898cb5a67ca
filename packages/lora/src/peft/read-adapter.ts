import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTensors, type TensorFile, toFloat32 } from '@perfit/safetensors';
import type { Layout, Site } from '../contract.js';
import { errors } from '../errors.js';
import { inferSite } from '../infer-site.js';
import { createLayout } from '../layout.js';
import { type AdapterConfig, parseConfig } from './config.js';
import { readMask } from './mask-files.js';
import { checkValues, type SavedAdapter } from './saved-adapter.js';

const factorPattern = /^base_model\.model\.(.+)\.lora_([AB])\.weight$/;

/** The shapes of one site's factors, as found in the file. */
type Shapes = { readonly [factor in 'A' | 'B']?: readonly number[] };

function shapesBySite({ path, entries }: TensorFile): Map<string, Shapes> {
  const shapes = new Map<string, Shapes>();
  for (const { name, shape } of entries) {
    const [, site, factor] = factorPattern.exec(name) ?? [];
    if (!site)
      throw errors.make('unknown-tensor', {
        what: `${path} holds "${name}"`,
        cure: 'Give a plain LoRA: base_model.model.MODULE.lora_A.weight and .lora_B.weight only',
      });
    if (shape.length !== 2)
      throw errors.make('shape-mismatch', {
        what: `"${name}" has the shape [${shape}]`,
        cure: 'Factors are matrices: A [r, in], B [out, r]',
      });
    shapes.set(site, { ...shapes.get(site), [factor]: shape });
  }
  return shapes;
}

/** Rank and sizes that both factors agree on. */
function measure(path: string, name: string, { A, B }: Shapes): { rank: number; in: number; out: number } {
  if (!A || !B)
    throw errors.make('missing-factor', {
      what: `${path} has lora_${A ? 'A' : 'B'} of "${name}" without lora_${A ? 'B' : 'A'}`,
      cure: 'Give both factors of every projection',
    });
  if (A[0] !== B[1])
    throw errors.make('shape-mismatch', {
      what: `"${name}" of ${path} has A [${A.join(', ')}] and B [${B.join(', ')}], whose ranks differ`,
      cure: 'Give A [r, in] and B [out, r]',
    });
  return { rank: A[0], in: A[1], out: B[0] };
}

function findSite(path: string, sites: readonly Site[], name: string, columns: number, out: number): Site {
  const site = sites.find((candidate) => candidate.name === name);
  if (!site)
    throw errors.make('unknown-site', {
      what: `${path} adapts "${name}", which the model does not have`,
      cure: `Use the model that it was trained on; this one has ${sites[0]?.name ?? 'none'} … ${sites.at(-1)?.name ?? ''}`,
    });
  if (site.in !== columns || site.out !== out)
    throw errors.make('shape-mismatch', {
      what: `${path} adapts "${name}" with in=${columns}, out=${out}; the model has in=${site.in}, out=${site.out}`,
      cure: 'Use the model that it was trained on',
    });
  return site;
}

function readLayout(file: TensorFile, config: AdapterConfig, sites: readonly Site[] | undefined): Layout {
  const ranks = new Map<string, number>();
  const found = [...shapesBySite(file)].map(([name, shapes]) => {
    const { rank, in: columns, out } = measure(file.path, name, shapes);
    if (rank !== config.rank(name))
      throw errors.make('shape-mismatch', {
        what: `"${name}" of ${file.path} has rank ${rank}, adapter_config.json says ${config.rank(name)}`,
        cure: 'Mend r or rank_pattern',
      });
    ranks.set(name, rank);
    return sites ? findSite(file.path, sites, name, columns, out) : inferSite(name, columns, out);
  });
  if (!found.length)
    throw errors.make('missing-factor', {
      what: `${file.path} holds no tensor`,
      cure: 'Give an adapter that was trained',
    });
  return createLayout(found, ({ name }) => ranks.get(name) as number);
}

function commonScale(path: string, layout: Layout, config: AdapterConfig): number {
  const [first, ...others] = layout.sites.map(({ name }) => ({ name, scale: config.scale(name) }));
  const other = others.find(({ scale }) => Math.abs(scale - first.scale) > 1e-9 * Math.abs(first.scale));
  if (other || !Number.isFinite(first.scale))
    throw errors.make('unsupported-adapter', {
      what: `${path} gives "${first.name}" the scale ${first.scale}${other ? ` and "${other.name}" ${other.scale}` : ''}`,
      cure: 'One finite lora_alpha / r for all projections is needed: set alpha_pattern accordingly',
    });
  return first.scale;
}

/**
 * Reads and checks an adapter that this package or PEFT wrote. Ranks come from the shapes; where they differ from site
 * to site (`rank_pattern`) so do they in the layout.
 *
 * @param options `sites`: the model's projections, to check names and sizes against; without them sites are made from
 * names and shapes.
 * @throws `bad-config`, `unsupported-adapter`, `unknown-tensor`, `unknown-site`, `missing-factor`, `shape-mismatch`,
 * `not-finite`, `bad-mask`, `bad-bits`, `outside-mask`; those of `@perfit/safetensors`
 * @example
 * const { layout, values, architecture, scale } = readAdapter('clients/a', { sites: backbone.sites });
 */
export function readAdapter(directory: string, { sites }: { readonly sites?: readonly Site[] } = {}): SavedAdapter {
  const configPath = join(directory, 'adapter_config.json');
  let text: string;
  try {
    text = readFileSync(configPath, 'utf8');
  } catch (cause) {
    throw errors.make('bad-config', {
      what: `cannot read ${configPath}`,
      cure: 'Give a directory with adapter_config.json and adapter_model.safetensors',
      cause,
    });
  }
  const config = parseConfig(configPath, text);
  const file = openTensors(join(directory, 'adapter_model.safetensors'));
  try {
    const layout = readLayout(file, config, sites);
    const values = new Float32Array(layout.size);
    for (const { name, offset } of layout.slots) values.set(toFloat32(file.read(name)), offset);
    const scale = commonScale(configPath, layout, config);
    const adapter = { layout, values, architecture: readMask(directory, layout), scale, baseModel: config.baseModel };
    checkValues(directory, adapter);
    return adapter;
  } finally {
    file.close();
  }
}
