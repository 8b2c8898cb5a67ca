import type { Layout } from '@perfit/lora';
import { type ModelConfig, STACKED, sitesOf } from '@perfit/models';

/** What the memory of a pass over a backbone depends on. */
export interface PassSize {
  readonly config: ModelConfig;
  readonly dtype: 'f32' | 'bf16';
  /** N: tokens of the batch, all sequences together. */
  readonly tokens: number;
  /** M: of them, those that carry loss. */
  readonly lossTokens: number;
  /** Tokens of its longest sequence. */
  readonly longest: number;
  /** Rows to which the engine rounds a frozen matrix up: 16 with AVX2, 32 with AVX-512, 1 without the kernels. */
  readonly panel: number;
}

/** The stacked projections of a layer, as the backbone multiplies by them. */
export type GroupName = keyof typeof STACKED;

/** One stacked projection `[out, in]` of a layer, and what of it is adapted. */
export interface GroupSize {
  readonly in: number;
  readonly out: number;
  /** Σ R over its adapted sites. */
  readonly rank: number;
  /** Σ R (in + out) over its adapted sites: positions of the adapter. */
  readonly positions: number;
  /** Bytes of its stacked factors beside the slots; those of one whole site are the slots themselves. */
  readonly factors: number;
}

/** `[out, in]` of the groups of every layer of a model. */
function groupShapes(config: ModelConfig): Readonly<Record<GroupName, readonly [out: number, width: number]>> {
  const sites = sitesOf({ ...config, layers: 1 });
  const shape = (name: GroupName) => {
    const members = STACKED[name].map((member) => sites.find((site) => site.name.endsWith(member))!);
    return [members.reduce((sum, { out }) => sum + out, 0), members[0]!.in] as const;
  };
  return { qkv: shape('qkv'), output: shape('output'), gate: shape('gate'), up: shape('up'), down: shape('down') };
}

/** The groups of one layer, with the adapters of a layout. */
export function groupSizes(config: ModelConfig, layout: Layout, layer: number): Readonly<Record<GroupName, GroupSize>> {
  const shapes = groupShapes(config);
  const size = (name: GroupName): GroupSize => {
    const [out, width] = shapes[name];
    const members = STACKED[name].map((member) => `model.layers.${layer}.${member}`);
    const adapted = layout.slots.filter(({ site, factor }) => factor === 'A' && members.includes(site.name));
    const rank = adapted.reduce((sum, { rows }) => sum + rows, 0);
    const whole = adapted.length === 1 && adapted[0]!.site.out === out;
    return {
      in: width,
      out,
      rank,
      positions: adapted.reduce((sum, { rows, site }) => sum + rows * (site.in + site.out), 0),
      factors: 4 * (whole || rank === 0 ? 0 : rank * out + (adapted.length > 1 ? rank * width : 0)),
    };
  };
  return { qkv: size('qkv'), output: size('output'), gate: size('gate'), up: size('up'), down: size('down') };
}

/** The stacked factors of every group, which live as long as a step. */
export function factorBytes(config: ModelConfig, layout: Layout): number {
  const ofLayer = (layer: number) =>
    Object.values(groupSizes(config, layout, layer)).reduce((sum, { factors }) => sum + factors, 0);
  return Array.from({ length: config.layers }, (_, layer) => ofLayer(layer)).reduce((sum, bytes) => sum + bytes, 0);
}

/** Bytes of an element of the backbone. */
export const elementBytes = (dtype: PassSize['dtype']): number => (dtype === 'bf16' ? 2 : 4);

/** Bytes of the frozen weights on the engine: matrices in the backbone's element type, norms in f32. */
export function weightBytes({ config, dtype, panel }: Pick<PassSize, 'config' | 'dtype' | 'panel'>): number {
  const matrix = (rows: number, width: number) => Math.ceil(rows / panel) * panel * width * elementBytes(dtype);
  const { vocabulary, hidden, layers, tiedHead } = config;
  const layer = Object.values(groupShapes(config)).reduce((sum, [out, width]) => sum + matrix(out, width), 0);
  return (tiedHead ? 1 : 2) * matrix(vocabulary, hidden) + layers * layer + (2 * layers + 1) * hidden * 4;
}

/** Bytes that one layer keeps of every token for its backward. */
export function savedPerToken({ config, dtype }: Pick<PassSize, 'config' | 'dtype'>): number {
  const { hidden, intermediate, heads, keyValueHeads, headSize } = config;
  const norms = 2 * 4 * (hidden + 1);
  const attention = elementBytes(dtype) * (2 * heads + 2 * keyValueHeads) * headSize + 4 * heads;
  return norms + attention + elementBytes(dtype) * 2 * intermediate;
}
