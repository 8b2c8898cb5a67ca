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
  /** Whether adapted weights are changed copies of the frozen ones: a start that is subtracted, a residual of the server. */
  readonly changed?: boolean;
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

/** What the bytes of a packed matrix depend on. */
type Packing = Pick<PassSize, 'config' | 'dtype' | 'panel'>;

/** Bytes of a frozen matrix `[rows, width]` as the engine lays it out. */
const packedBytes = ({ dtype, panel }: Packing, rows: number, width: number): number =>
  Math.ceil(rows / panel) * panel * width * elementBytes(dtype);

/** Bytes of the frozen weights on the engine: matrices in the backbone's element type, norms in f32. */
export function weightBytes(size: Packing): number {
  const { config } = size;
  const matrix = (rows: number, width: number) => packedBytes(size, rows, width);
  const { vocabulary, hidden, layers, tiedHead } = config;
  const layer = Object.values(groupShapes(config)).reduce((sum, [out, width]) => sum + matrix(out, width), 0);
  return (tiedHead ? 1 : 2) * matrix(vocabulary, hidden) + layers * layer + (2 * layers + 1) * hidden * 4;
}

/** Copies of frozen weights with something added: they live beside the backbone's own, one of every group that is adapted. */
export function changedCopies(size: Packing, layout: Layout): { readonly held: number; readonly making: number } {
  const adapted = Array.from({ length: size.config.layers }, (_, layer) =>
    Object.values(groupSizes(size.config, layout, layer)).filter(({ rank }) => rank > 0),
  ).flat();
  // The product and the stack of them, the weight as it was, their sum; in bf16 the weight also widened, and the sum narrowed.
  const perElement = size.dtype === 'bf16' ? 20 : 16;
  return {
    held: adapted.reduce((sum, { out, in: width }) => sum + packedBytes(size, out, width), 0),
    making: Math.max(0, ...adapted.map(({ out, in: width }) => perElement * out * width)),
  };
}

/**
 * Most bytes alive while a checkpoint comes onto the engine, matrix by matrix: what is there already, and of the matrix
 * under way its bytes in the file and its values on the host, the upload, and in bf16 its narrow copy.
 */
export function loadingBytes(size: Packing): number {
  const { vocabulary, hidden, layers, tiedHead } = size.config;
  const perElement = size.dtype === 'bf16' ? 14 : 12;
  const groups = Object.values(groupShapes(size.config));
  // Stacked matrices exist apart and together for a moment.
  const largest = Math.max(...groups.map(([out, width]) => out * width)) * perElement;
  const stacked = groups[0]![0] * groups[0]![1] * (perElement + 4);
  const table = vocabulary * hidden * perElement + (tiedHead ? 1 : 2) * packedBytes(size, vocabulary, hidden);
  return Math.max(table, layers > 0 ? weightBytes(size) + Math.max(largest, stacked) : 0);
}

/** Bytes that a layer keeps for its backward: of every token by attention, of every row that goes on by the feed-forward. */
export function savedBytes({ config, dtype }: Pick<PassSize, 'config' | 'dtype'>) {
  const { hidden, intermediate, heads, keyValueHeads, headSize } = config;
  const norm = 4 * (hidden + 1);
  const attention = elementBytes(dtype) * (2 * heads + 2 * keyValueHeads) * headSize + 4 * heads;
  return { attention: norm + attention, feedForward: norm + elementBytes(dtype) * 2 * intermediate };
}
