import type { Codec, Download, Update } from '@perfit/aggregation';
import type { Architecture, Layout, LowRankFactor } from '@perfit/lora';
import type { ModelConfig, Site } from '@perfit/models';
import type { Evidence, Prior } from './contract.js';

/** Bytes of a mask of `size` positions, as it is encoded: one bit each, nothing where every position is live. */
function maskBytes(mask: { readonly live: number; readonly size: number }, size = mask.size): number {
  return mask.live === size ? 0 : Math.ceil(size / 8);
}

/** Bytes of an upload: values and further vectors, and the mask where the server does not know it yet. */
export function uploadBytes(
  { mask, vectors = {} }: Pick<Update, 'mask' | 'vectors'>,
  known: boolean,
  codec: Codec,
): number {
  return codec.bytes(mask.live) * (1 + Object.keys(vectors).length) + (known ? 0 : maskBytes(mask));
}

/** Bytes of a download: values and further vectors, and which of the receiver's live positions they are. */
export function downloadBytes(
  { mask, vectors = {} }: Pick<Download, 'mask' | 'vectors'>,
  receiver: Architecture,
  codec: Codec,
): number {
  return codec.bytes(mask.live) * (1 + Object.keys(vectors).length) + maskBytes(mask, receiver.live);
}

/** Bytes of what a client tells of its candidates, and of what all told: two numbers of eight bytes for each but the first. */
export const evidenceBytes = (evidence: Evidence | undefined): number => 16 * (evidence?.differences.length ?? 0);
/** As {@link evidenceBytes}. */
export const priorBytes = (prior: Prior | undefined): number => 16 * (prior?.means.length ?? 0);

/** Total rank of a residual by site. */
export function residualRanks(residual: readonly LowRankFactor[]): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  for (const { site, rank } of residual) ranks.set(site, (ranks.get(site) ?? 0) + rank);
  return ranks;
}

/**
 * Bytes that tell a client what a round changed of the frozen weights: the components that are new, or, where it is no
 * longer told by components, the whole of a site; never more than its dense change.
 */
export function residualBytes(
  sites: readonly { readonly name: string; readonly in: number; readonly out: number }[],
  before: ReadonlyMap<string, number>,
  now: ReadonlyMap<string, number>,
): number {
  return sites.reduce((sum, { name, in: width, out }) => {
    const [old = 0, rank = 0] = [before.get(name), now.get(name)];
    const components = rank > old ? rank - old : rank;
    return sum + 4 * Math.min(components * (width + out), width * out);
  }, 0);
}

/** What one token costs, in floating-point operations; attention's own products are left out, as is everything element-wise. */
export interface TokenCosts {
  /** Forward through the frozen projections of each layer. */
  readonly layers: readonly number[];
  /** The language-model head, for a token that carries loss. */
  readonly head: number;
}

/** Token costs of a backbone. */
export function tokenCosts(config: ModelConfig, sites: readonly Site[]): TokenCosts {
  const layers = new Array<number>(config.layers).fill(0);
  for (const { layer, flops } of sites) layers[layer]! += flops;
  return { layers, head: 2 * config.hidden * config.vocabulary };
}

/**
 * FLOPs of one training step: frozen products forward, and with respect to their input from the lowest adapted layer on;
 * the head likewise over the loss tokens; the adapter's forward and both gradients (6 per position and token). What the
 * cache of hidden states saves is not taken off, since it depends on what others computed before; nor is what the last
 * layer saves where tokens carry no loss.
 *
 * @param live The layout of the live rank components (`compactLayout`): single pruned positions save nothing.
 */
export function stepFlops(costs: TokenCosts, live: Layout, tokens: number, lossTokens: number): number {
  const lowest = Math.min(...live.sites.map(({ layer }) => layer));
  const forward = costs.layers.reduce((sum, flops) => sum + flops, 0);
  const backward = costs.layers.reduce((sum, flops, layer) => sum + (layer >= lowest ? flops : 0), 0);
  const head = (live.sites.length > 0 ? 2 : 1) * costs.head;
  return (forward + backward + 6 * live.size) * tokens + head * lossTokens;
}
