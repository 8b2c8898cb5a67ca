import { closeSync, openSync, writeSync } from 'node:fs';
import { finalize, lastValueFrom, tap } from 'rxjs';
import type { Clock } from '../contract.js';
import type { RoundEvent, Sink } from '../round-event.js';

/** Appends every event to its method's file, one JSON object a line, with the time at which it was heard. */
export function jsonlSink(fileOf: (method: string) => string, clock: Clock): Sink {
  return {
    name: 'jsonl',
    attach: (events) => {
      const files = new Map<string, number>();
      const write = (event: RoundEvent) => {
        const file = files.get(event.method) ?? openSync(fileOf(event.method), 'a');
        files.set(event.method, file);
        writeSync(file, `${JSON.stringify({ at: clock.now(), ...event })}\n`);
      };
      const close = () => {
        for (const file of files.values()) closeSync(file);
      };
      return lastValueFrom(events.pipe(tap(write), finalize(close)), { defaultValue: undefined }).then(() => undefined);
    },
  };
}
