import { averagesOf, perplexity } from './averages.js';
import type { Loss, RoundDraft } from './contract.js';
import type { RoundRecord } from './summary.js';

const figure = (loss: Loss | null): number | null => (loss === null ? null : perplexity(loss));

/** A round's line of `summary.json` out of its measurements. */
export function recordOf({ round, clients }: RoundDraft): RoundRecord {
  return {
    round,
    clients: clients.map((client) => ({
      id: client.id,
      personal: { afterDistribution: figure(client.afterDistribution), afterLocal: figure(client.afterLocal) },
      global: figure(client.global),
      tokens: client.afterDistribution?.tokens ?? 0,
      live: client.live,
      shared: client.shared,
      exclusive: client.exclusive,
      bytesUp: client.bytesUp,
      bytesDown: client.bytesDown,
      flops: client.flops,
    })),
    averages: {
      personal: {
        afterDistribution: averagesOf(clients.map((client) => client.afterDistribution)),
        afterLocal: averagesOf(clients.map((client) => client.afterLocal)),
      },
      global: averagesOf(clients.map((client) => client.global)),
    },
  };
}
