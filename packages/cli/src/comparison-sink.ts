import { type Comparison, comparison, type RoundRecord, type Sink } from '@perfit/runtime';
import { lastValueFrom, tap } from 'rxjs';

/** Remembers the rounds of every method that completes. */
export function comparisonSink(): Sink & { readonly result: () => Comparison } {
  const rounds = new Map<string, readonly RoundRecord[]>();
  return {
    name: 'comparison',
    attach: async (events) => {
      await lastValueFrom(
        events.pipe(tap((event) => event.type === 'run-completed' && rounds.set(event.method, event.rounds))),
        { defaultValue: undefined },
      );
    },
    result: () => comparison(rounds),
  };
}
