import { checkUpdate } from './check-update.js';
import type { Fold, FoldContext, ServerState, Update } from './contract.js';
import { errors } from './errors.js';

/**
 * A fold around an aggregator's own arithmetic: checks every update before it is used, refuses a client's second update
 * and anything after the end, and gives the state back as it was where no update came.
 *
 * @param rule.add takes a checked update. @param rule.finish the next state; called once, after at least one update.
 * @param rule.stage takes an update's values before all of it is checked, and says whether all of them are finite; default: looks,
 * and takes nothing.
 * @param rule.vectors names of the vectors that every update must carry; default none.
 */
export function checkedFold(
  state: ServerState,
  context: FoldContext,
  rule: {
    readonly add: (update: Update) => void;
    readonly finish: () => ServerState;
    readonly stage?: (values: Float32Array) => boolean;
    readonly vectors?: readonly string[];
  },
): Fold {
  const clients = new Set<string>();
  let result: ServerState | undefined;
  return {
    add: (update) => {
      checkUpdate(context.layout, update, rule.vectors, rule.stage);
      const { client } = update;
      if (result !== undefined)
        throw errors.make('fold-finished', {
          what: `client ${client} came after round ${context.round} was finished`,
          cure: 'Start a new fold',
        });
      if (clients.has(client))
        throw errors.make('second-update', {
          what: `client ${client} sent a second update in round ${context.round}`,
          cure: 'Send one update a round',
        });
      clients.add(client);
      rule.add(update);
    },
    finish: () => {
      result ??= clients.size === 0 ? state : rule.finish();
      return result;
    },
  };
}
