import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import crc32c from 'crc-32/crc32c.js';
import { PbfReader } from 'pbf';
import { of, throwError } from 'rxjs';
import type { RoundEvent } from '../round-event.js';
import { jsonlSink } from './jsonl-sink.js';
import { tfRecord } from './tensorboard-record.js';
import { tensorboardSink } from './tensorboard-sink.js';

const clock = { now: () => 1_500 };
const step: RoundEvent = {
  type: 'step',
  method: 'fedit',
  round: 2,
  client: 'a',
  step: 3,
  steps: 10,
  loss: 0.5,
  learningRate: 1,
};

describe('jsonlSink', () => {
  it("appends one line an event to its method's file, with the time", async () => {
    const directory = mkdtempSync(join(tmpdir(), 'perfit-jsonl-'));
    const sink = () => jsonlSink((method) => join(directory, method), clock);
    await sink().attach(of(step, { ...step, method: 'perfit' }));
    await sink().attach(of(step));
    const lines = readFileSync(join(directory, 'fedit'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { at: 1500, ...step },
      { at: 1500, ...step },
    ]);
    expect(readdirSync(directory).sort()).toEqual(['fedit', 'perfit']);
  });

  it('passes a failed run on', async () => {
    await expect(jsonlSink(() => '/dev/null', clock).attach(throwError(() => new Error('diverged')))).rejects.toThrow(
      'diverged',
    );
  });
});

describe('tensorboardSink', () => {
  it('has the checksums of TFRecord: CRC-32C of "123456789" is e3069283', () => {
    expect((crc32c.buf(Buffer.from('123456789')) >>> 0).toString(16)).toBe('e3069283');
    const record = tfRecord(Buffer.from('abc'));
    expect(record.readBigUInt64LE(0)).toBe(3n);
    expect(record.length).toBe(8 + 4 + 3 + 4);
  });

  it('writes scalars that a reader of the format finds again', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'perfit-tensorboard-'));
    await tensorboardSink(directory, clock).attach(of(step));
    const [name] = readdirSync(join(directory, 'fedit'));
    const bytes = readFileSync(join(directory, 'fedit', name!));
    const payloads: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = Number(bytes.readBigUInt64LE(at));
      payloads.push(bytes.subarray(at + 12, at + 12 + length));
      at += length + 16;
    }
    const event = new PbfReader(payloads[1]!).readFields(
      (tag, result: { step?: number; tag?: string; value?: number }, pbf) => {
        if (tag === 2) result.step = pbf.readVarint();
        if (tag === 5)
          pbf.readMessage(
            (t1, _, p1) =>
              t1 === 1 &&
              p1.readMessage((t2, __, p2) => {
                if (t2 === 1) result.tag = p2.readString();
                if (t2 === 2) result.value = p2.readFloat();
              }, null),
            null,
          );
      },
      {},
    );
    expect(payloads).toHaveLength(2);
    expect(event).toEqual({ step: 13, tag: 'loss/a', value: 0.5 });
  });
});
