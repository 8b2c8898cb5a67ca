import type { RoundEvent, Sink } from '@perfit/runtime';
import { SingleBar } from 'cli-progress';
import { finalize, lastValueFrom, tap } from 'rxjs';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const figure = (value: number | null) => (value === null ? '–' : value.toPrecision(4));

/** Lines for the events that a reader wants to keep. */
function lineOf(event: RoundEvent): string | null {
  switch (event.type) {
    case 'run-started': {
      const { engine, layout, partition } = event;
      const resumed = event.from > 1 ? `, resumed at round ${event.from}` : '';
      const divergence =
        partition.labelDivergence === null ? '' : `, label divergence ${partition.labelDivergence.toFixed(2)}`;
      return `${event.method}: ${event.clients.length} clients${divergence}; ${layout.sites} sites, budget ${layout.budget} of ${layout.positions} positions; ${engine.kind} ${engine.version}, ${engine.threads} threads, ${engine.device}${resumed}`;
    }
    case 'aggregated': {
      if (event.masks === null) return null;
      const { jaccard, chance, exclusiveShare, exclusiveChance } = event.masks;
      return `  round ${event.round}: masks' Jaccard ${jaccard.toFixed(3)} (chance ${chance.toFixed(3)}), exclusive ${percent(exclusiveShare)} (chance ${percent(exclusiveChance)})`;
    }
    case 'round-completed': {
      const { personal, global } = event.record.averages;
      if (personal.afterDistribution.expMeanLoss === null) return `  round ${event.round}: not scored`;
      return `  round ${event.round}: personal perplexity ${figure(personal.afterDistribution.expMeanLoss)}, global ${figure(global.expMeanLoss)} (exp of the mean client loss)`;
    }
    case 'warning':
      return `  warning: ${event.message}`;
    default:
      return null;
  }
}

/** Tells a run's progress on a stream: a live bar on a terminal, lines only where it is piped. */
export function terminalSink(stream: NodeJS.WriteStream): Sink {
  const live = stream.isTTY === true;
  const bar = new SingleBar({
    stream,
    format: '  {what} [{bar}] {value}/{total} loss {loss}',
    hideCursor: true,
    clearOnComplete: true,
    barsize: 24,
  });
  let running = false;
  let rounds = 0;
  const stop = () => {
    if (running) bar.stop();
    running = false;
  };
  const hear = (event: RoundEvent) => {
    if (event.type === 'run-started') rounds = event.rounds;
    if (live && event.type === 'step') {
      // Steps past the last round are taken for the figure after local steps alone.
      const when = event.round > rounds ? 'after the last round' : `round ${event.round}`;
      const what = `${event.method} ${when} ${event.client}`;
      const loss = event.loss.toFixed(3);
      if (running) bar.update(event.step, { what, loss });
      else bar.start(event.steps, event.step, { what, loss });
      running = true;
      return;
    }
    const line = lineOf(event);
    if (line === null) return;
    stop();
    stream.write(`${line}\n`);
  };
  return {
    name: 'terminal',
    attach: async (events) => {
      await lastValueFrom(events.pipe(tap(hear), finalize(stop)), { defaultValue: undefined });
    },
  };
}
