import type { Random, StrategyFactory } from '@perfit/strategy';
import { token } from '@perfit/strategy';

/** An adapted projection of the backbone. Its frozen weight is `[out, in]`. */
export interface Site {
  /** The module's name in the backbone: `model.layers.0.self_attn.q_proj`. */
  readonly name: string;
  /** Decoder layer, from 0. */
  readonly layer: number;
  readonly in: number;
  readonly out: number;
  /** Floating-point operations of the frozen product for one token: 2 · in · out. */
  readonly flops: number;
}

/** One factor of one site's adapter, as a range of the flat vector θ. */
export interface Slot {
  /** Its name in a PEFT file: `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`. */
  readonly name: string;
  readonly site: Site;
  /** `A` is `[R, in]`, `B` is `[out, R]`; both row-major. */
  readonly factor: 'A' | 'B';
  /** First position in θ. */
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
  /** rows · columns */
  readonly size: number;
}

/**
 * The fixed order of sites and positions that everything flat refers to: slots sorted by PEFT name, so that
 * θ, `adapter_model.safetensors` and `mask.bin` share one order.
 */
export interface Layout {
  readonly sites: readonly Site[];
  /** The expanded rank R = e · r of the federation's largest client. */
  readonly rank: number;
  readonly slots: readonly Slot[];
  /** P, the number of positions. */
  readonly size: number;
}

/** A bit mask over a layout's positions, least significant bit first. Immutable by convention: operations make new ones. */
export interface Architecture {
  /** P */
  readonly size: number;
  /** Number of live positions. */
  readonly live: number;
  /** ⌈P / 8⌉ bytes; bits past P are 0. */
  readonly bits: Uint8Array;
}

/** An adapter's values over the whole layout (0 outside its architecture) and its architecture. */
export interface AdapterState {
  /** θ, length P. */
  readonly values: Float32Array;
  readonly architecture: Architecture;
}

/** The named adapters of one client. */
export interface ClientState {
  readonly shared: AdapterState;
  readonly personal?: AdapterState;
}

/** What an initialisation is given. */
export interface InitializationInput {
  readonly layout: Layout;
  readonly random: Random;
  /** σ, the adapter's scale: y = xWᵀ + σ (xAᵀ) Bᵀ. */
  readonly scale: number;
  /** The frozen weight `[out, in]` of a site, where the strategy needs it. */
  readonly frozen: (site: Site) => Float32Array;
}

/** The common start θ₀ of a federation. */
export interface Start {
  /** θ₀, length P. */
  readonly values: Float32Array;
  /** Whether σBA of the start must be taken out of the frozen weights, so that training starts at the frozen model. */
  readonly subtracted: boolean;
}

/** Makes θ₀. */
export interface Initialization {
  readonly name: string;
  /** Decided by the random stream and the frozen weights alone. */
  readonly initialize: (input: InitializationInput) => Start;
}

/**
 * Names positions of a layout, round by round: which ones train, or which ones travel. What trains, what travels and
 * what stays personal are masks, so that many methods are one loop with other masks.
 */
export interface PositionRule {
  readonly name: string;
  /** Decided by its arguments alone; `round` counts from 1. */
  readonly positions: (layout: Layout, round: number) => Architecture;
}

/** A low-rank change of the frozen weight of one site: ΔW = B A, σ included. */
export interface LowRankFactor {
  /** Name of the site. */
  readonly site: string;
  /** Rows of A, columns of B. */
  readonly rank: number;
  /** `[rank, in]` */
  readonly A: Float32Array;
  /** `[out, rank]` */
  readonly B: Float32Array;
}

/** Token of every {@link PositionRule}'s factory. */
export const POSITION_RULE = token<StrategyFactory<PositionRule>>('@perfit/lora/PositionRule');
/** Token of every {@link Initialization}'s factory. */
export const INITIALIZATION = token<StrategyFactory<Initialization>>('@perfit/lora/Initialization');
