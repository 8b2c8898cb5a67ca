import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventTape } from './event-tape.js';
import { exampleFile } from './example-file.js';
import type { RoundEvent } from './round-event.js';
import { temporaryFile } from './temporary-file.js';

const folder = mkdtempSync(join(tmpdir(), 'perfit-temporary-'));

describe('temporaryFile', () => {
  it('gives back what was appended, and lies under no name', () => {
    const file = temporaryFile(folder);
    const places = [[1, 2, 3], [], [4]].map((bytes) => file.append(Uint8Array.from(bytes)));
    expect(places).toEqual([0, 3, 3]);
    expect([...file.read(1, 3)]).toEqual([2, 3, 4]);
    expect(() => file.read(3, 2)).toThrow(expect.objectContaining({ code: 'runtime/temporary-file' }));
    expect(readdirSync(folder)).toEqual([]);
    file.close();
  });

  it('says where there is no room, and what to do', () => {
    expect(() => temporaryFile(join(folder, 'gone')).append(Uint8Array.of(1))).toThrow(
      expect.objectContaining({ code: 'runtime/temporary-file', message: expect.stringMatching(/gone.*TMPDIR/) }),
    );
  });
});

describe('exampleFile', () => {
  const examples = [
    { ids: Int32Array.of(5, 6, 7), promptLength: 1 },
    { ids: Int32Array.of(2 ** 31 - 1), promptLength: 0 },
  ];

  it('reads examples and rows as they were, also those that have left the memory', () => {
    const file = exampleFile();
    const parts = Array.from({ length: 20 }, (_, i) => file.store(i === 3 ? [] : examples));
    const rows = file.storeRows([{ instruction: 'é', output: '\n', client: 'a' }]);
    for (const [i, part] of parts.entries()) {
      expect(part.read()).toEqual(i === 3 ? [] : examples);
      expect([part.length, part.lossTokens]).toEqual(i === 3 ? [0, 0] : [2, 3]);
    }
    expect(parts[0]!.read()).toEqual(examples);
    expect(rows()).toEqual([{ instruction: 'é', output: '\n', client: 'a' }]);
    // Read again only where others have been read since.
    expect(parts[0]!.read()).toBe(parts[0]!.read());
    file.close();
  });
});

describe('eventTape', () => {
  it('tells every event again, in order, whatever its numbers', () => {
    const tape = eventTape();
    const events = Array.from({ length: 2500 }, (_, step): RoundEvent => {
      const loss = step % 7 === 0 ? Number.NaN : step / 3;
      return { type: 'step', method: 'x', round: 1, client: 'a', step, steps: 9, loss, learningRate: -0 };
    });
    for (const event of events) tape.record(event);
    for (const _ of [1, 2]) expect([...tape.replay()]).toEqual(events);
    tape.close();
  });
});
