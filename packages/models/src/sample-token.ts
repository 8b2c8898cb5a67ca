import type { Random } from '@perfit/strategy';
import { errors } from './errors.js';

/** How the next token is chosen. */
export interface SamplingOptions {
  /** 0: the likeliest token each time. Default 0. */
  readonly temperature?: number | undefined;
  /** Draw among the `topK` likeliest only. Default: among all. */
  readonly topK?: number | undefined;
  /** Draw among the fewest likeliest that together have this probability (Holtzman et al. 2020). Default 1. */
  readonly topP?: number | undefined;
  /** The stream to draw from; required where the temperature is not 0. */
  readonly random?: Random | undefined;
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best;
}

/** The first candidates that together have a share `topP` of the weight; one at least. */
function nucleus(weights: readonly number[], topP: number): number {
  let left = topP * weights.reduce((sum, weight) => sum + weight, 0);
  const last = weights.findIndex((weight) => {
    left -= weight;
    return left <= 0;
  });
  return last < 0 ? weights.length : last + 1;
}

/** Draws from softmax(logits / temperature) over the `topK` likeliest, of them over the nucleus of `topP`. */
function draw(logits: Float32Array, { temperature, topK, topP, random }: Required<SamplingOptions>): number {
  const ids = Array.from(logits.keys());
  const ordered = topK! < ids.length || topP! < 1;
  const candidates = ordered ? ids.sort((a, b) => logits[b] - logits[a] || a - b).slice(0, topK) : ids;
  const most = candidates.reduce((max, id) => Math.max(max, logits[id]), Number.NEGATIVE_INFINITY);
  const all = candidates.map((id) => Math.exp((logits[id] - most) / temperature!));
  const weights = topP! < 1 ? all.slice(0, nucleus(all, topP!)) : all;
  let left = random!() * weights.reduce((sum, weight) => sum + weight, 0);
  const at = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return candidates[at < 0 ? weights.length - 1 : at];
}

/**
 * The choice of the next token out of its logits.
 *
 * @throws `bad-sampling`
 */
export function tokenSampler({
  temperature = 0,
  topK,
  topP = 1,
  random,
}: SamplingOptions): (logits: Float32Array) => number {
  if (temperature === 0) return likeliest;
  if (!(temperature > 0) || !random || (topK !== undefined && !(topK >= 1)) || !(topP > 0 && topP <= 1))
    throw errors.make('bad-sampling', {
      what: `cannot draw with temperature ${temperature}, topK ${topK}, topP ${topP}${random ? '' : ' and no random stream'}`,
      cure: 'Give a temperature of 0 or more, a topK of 1 or more, a topP in (0, 1], and a stream to draw from',
    });
  return (logits) => draw(logits, { temperature, topK: topK ?? logits.length, topP, random });
}
