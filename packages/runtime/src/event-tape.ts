import { deserialize, serialize } from 'node:v8';
import type { RoundEvent } from './round-event.js';
import { temporaryFile } from './temporary-file.js';

/** Events that wait in memory before they are written, all together. */
const IN_MEMORY = 1000;

/** What a run told, to be told again: in a file, since the events of a run grow with its steps and clients. */
export interface EventTape {
  readonly record: (event: RoundEvent) => void;
  /** All events so far, in order; may be called again. */
  readonly replay: () => Iterable<RoundEvent>;
  readonly close: () => void;
}

/** An empty {@link EventTape}. A run of few events makes no file. */
export function eventTape(): EventTape {
  const file = temporaryFile();
  const lengths: number[] = [];
  let waiting: RoundEvent[] = [];
  return {
    record: (event) => {
      waiting.push(event);
      if (waiting.length < IN_MEMORY) return;
      const bytes = serialize(waiting);
      file.append(bytes);
      lengths.push(bytes.length);
      waiting = [];
    },
    *replay() {
      let from = 0;
      for (const length of lengths) {
        yield* deserialize(file.read(from, length)) as RoundEvent[];
        from += length;
      }
      yield* waiting;
    },
    close: file.close,
  };
}
