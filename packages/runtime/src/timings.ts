import type { Clock } from './contract.js';
import type { RoundEvent } from './round-event.js';

/** Wall time of one round, in seconds, by what it went to. */
interface RoundTiming {
  readonly round: number;
  training: number;
  aggregation: number;
  /** Downloads, adoption and all scoring. */
  distribution: number;
}

/** `timings.json`: what may differ between two runs of the same seed. */
export interface Timings {
  readonly started: string;
  seconds: number;
  readonly rounds: RoundTiming[];
  /** Client trainings that were taken over from another run and so cost no time here, and the seconds that they took there. */
  reused: number;
  reusedSeconds: number;
  /** Peak resident memory of the process so far, in bytes. */
  peakMemory: number;
  engine: unknown;
}

/** Attributes the time between two events to what the later one tells of. */
export function timingsRecorder(clock: Clock): {
  readonly hear: (event: RoundEvent) => void;
  readonly timings: Timings;
} {
  const begin = clock.now();
  let last = begin;
  const timings: Timings = {
    started: new Date(begin).toISOString(),
    seconds: 0,
    rounds: [],
    reused: 0,
    reusedSeconds: 0,
    peakMemory: 0,
    engine: null,
  };
  return {
    timings,
    hear: (event) => {
      const now = clock.now();
      const spent = (now - last) / 1000;
      last = now;
      timings.seconds = (now - begin) / 1000;
      timings.peakMemory = process.resourceUsage().maxRSS * 1024;
      if (event.type === 'client-trained' && event.reused) {
        timings.reused++;
        timings.reusedSeconds += event.reused.seconds;
      }
      if (event.type === 'run-started') timings.engine = event.engine;
      if (event.type === 'round-started')
        timings.rounds.push({ round: event.round, training: 0, aggregation: 0, distribution: 0 });
      const round = timings.rounds.at(-1);
      if (!round) return;
      if (event.type === 'step' || event.type === 'search-iteration' || event.type === 'client-trained')
        round.training += spent;
      else if (event.type === 'aggregated') round.aggregation += spent;
      else if (event.type === 'client-adopted' || event.type === 'client-evaluated') round.distribution += spent;
    },
  };
}
