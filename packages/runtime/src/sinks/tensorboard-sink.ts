import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { finalize, lastValueFrom, tap } from 'rxjs';
import type { Clock } from '../contract.js';
import type { RoundEvent, Sink } from '../round-event.js';
import { scalarEvent, tfRecord, versionEvent } from './tensorboard-record.js';

/** Scalars of an event: tag, step, value. */
function scalarsOf(event: RoundEvent): readonly (readonly [string, number, number])[] {
  switch (event.type) {
    case 'step':
      return [[`loss/${event.client}`, (event.round - 1) * event.steps + event.step, event.loss]];
    case 'client-evaluated':
      return [[`perplexity/${event.module}/${event.moment}/${event.client}`, event.round, event.perplexity]];
    case 'aggregated':
      return event.masks === null
        ? []
        : [
            ['masks/jaccard', event.round, event.masks.jaccard],
            ['masks/exclusive-share', event.round, event.masks.exclusiveShare],
          ];
    default:
      return [];
  }
}

/** Writes losses, perplexities and mask overlaps as TensorBoard event files, one folder a method. */
export function tensorboardSink(directory: string, clock: Clock): Sink {
  return {
    name: 'tensorboard',
    attach: (events) => {
      const files = new Map<string, number>();
      const seconds = () => clock.now() / 1000;
      const open = (method: string) => {
        mkdirSync(join(directory, method), { recursive: true });
        const file = openSync(join(directory, method, `events.out.tfevents.${Math.floor(seconds())}.perfit`), 'a');
        writeSync(file, tfRecord(versionEvent(seconds())));
        files.set(method, file);
        return file;
      };
      const write = (event: RoundEvent) => {
        for (const [tag, step, value] of scalarsOf(event)) {
          writeSync(files.get(event.method) ?? open(event.method), tfRecord(scalarEvent(seconds(), step, tag, value)));
        }
      };
      const close = () => {
        for (const file of files.values()) closeSync(file);
      };
      return lastValueFrom(events.pipe(tap(write), finalize(close)), { defaultValue: undefined }).then(() => undefined);
    },
  };
}
