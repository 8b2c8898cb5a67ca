import type { Aggregator } from '@perfit/aggregation';
import type { Layout } from '@perfit/lora';
import type { LocalUpdate } from '@perfit/training';
import type { FederatedData } from '../client-data.js';
import type { MethodPlan } from '../method-plan.js';

/** What the host holds of one method's run. */
export interface HostInput {
  readonly plan: MethodPlan;
  readonly layout: Layout;
  readonly aggregator: Aggregator;
  readonly clients: number;
  /** {@link rowBytes} of the run. */
  readonly rows: number;
  /** Most clients of a round. */
  readonly participants: number;
  /** Rules of every phase of training. */
  readonly rules: readonly LocalUpdate[];
  readonly rounds: number;
}

/**
 * Flat f32 vectors `[P]` that one client's turn makes and drops: values and statistics read back, scores and their order,
 * masks as numbers, candidates of an adoption, the update. An allowance, not a count.
 */
const WORKING_VECTORS = 10;

/** Clients, and parts of their rows, that are in memory at once: the others lie in files. */
const IN_MEMORY = 8;
/** Architectures of a registry that are compared at once. */
const COMPARED = 64;

/** Bytes of the text of all rows, while they are dealt out, and of the tokens of the largest parts. */
export function rowBytes({ clients }: FederatedData): number {
  let text = 0;
  const parts: number[] = [];
  for (const { train, validation, test, rows } of clients) {
    for (const part of [train, validation, test])
      parts.push(part.read().reduce((sum, { ids }) => sum + ids.byteLength, 0));
    // Two bytes a character is what text beyond Latin-1 takes.
    const { train: own, test: held } = rows();
    for (const { instruction, input = '', output } of [...own, ...held])
      text += 2 * (instruction.length + input.length + output.length);
  }
  const largest = parts.sort((a, b) => b - a).slice(0, IN_MEMORY);
  return text + largest.reduce((sum, bytes) => sum + bytes, 0);
}

/** Bytes of the records of the clients in memory, and of the architectures of the registry that are. */
function recordBytes({ plan, layout, aggregator, clients, rules }: HostInput): number {
  const { personalization } = plan;
  const names = (of: (rule: LocalUpdate) => readonly string[] | undefined) =>
    new Set(rules.flatMap((rule) => of(rule) ?? [])).size;
  const vectors =
    1 +
    (personalization.secondAdapter ? 1 : 0) +
    (personalization.name === 'none' ? 0 : 1) +
    names(({ remembers }) => remembers) +
    (aggregator.sends?.length ?? 0);
  const mask = Math.ceil(layout.size / 8);
  const record = 4 * layout.size * vectors + (personalization.secondAdapter ? 2 : 1) * mask;
  return Math.min(clients, IN_MEMORY) * record + Math.min(clients, IN_MEMORY + COMPARED) * mask;
}

/** Bytes of the server: its state before and after a round, the sums of a fold in f64, and uploads that it holds. */
function serverBytes({ plan, layout, aggregator, clients, participants, rules, rounds }: HostInput): number {
  const state = Object.values(aggregator.initialize(layout, new Float32Array(layout.size)));
  const kept = state.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const travels = Math.max(...[1, 2].map((round) => plan.travel.positions(layout, round).live));
  const sent = Math.max(0, ...rules.map(({ sends }) => sends?.length ?? 0));
  const upload = 4 * travels * (1 + sent) + Math.ceil(layout.size / 8);
  const held = { none: 1, round: participants, clients: 2 * clients }[aggregator.holds ?? 'none'];
  return (
    2 * kept +
    16 * layout.size +
    held * upload +
    (aggregator.residual ? residualBytes(layout, participants, rounds) : 0)
  );
}

/** Stacked factors of every site, at most as large as its weight, before and after a round; products are summed in f64. */
function residualBytes({ sites, rank }: Layout, participants: number, rounds: number): number {
  return sites.reduce((sum, { in: width, out }) => {
    const stacked = Math.min(width, out, rank * participants * rounds) * (width + out);
    return sum + 8 * stacked + 8 * width * out;
  }, 0);
}

/** Bytes of plain arrays and text that one method's run holds beside the engine's tensors. */
export function hostBytes(input: HostInput): number {
  const { plan, layout, rows } = input;
  if (!plan.method.trains) return rows + 4 * layout.size;
  return rows + recordBytes(input) + serverBytes(input) + 4 * layout.size * (1 + WORKING_VECTORS);
}
