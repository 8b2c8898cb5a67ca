import crc32c from 'crc-32/crc32c.js';
import { PbfWriter } from 'pbf';

/** CRC-32C as TFRecord masks it: rotated right by 15, plus a constant. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** One TFRecord: length, its checksum, the payload, its checksum. */
export function tfRecord(payload: Uint8Array): Buffer {
  const record = Buffer.alloc(12 + payload.length + 4);
  record.writeBigUInt64LE(BigInt(payload.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(payload, 12);
  record.writeUInt32LE(maskedCrc(payload), 12 + payload.length);
  return record;
}

/** TensorFlow's `Event` message with the file's version mark. */
export function versionEvent(seconds: number): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeDoubleField(1, seconds);
  pbf.writeStringField(3, 'brain.Event:2');
  return pbf.finish();
}

/** TensorFlow's `Event` message with one scalar: `Event{wall_time=1, step=2, summary=5{value=1{tag=1, simple_value=2}}}`. */
export function scalarEvent(seconds: number, step: number, tag: string, value: number): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeDoubleField(1, seconds);
  pbf.writeVarintField(2, step);
  pbf.writeMessage(
    5,
    (_: null, summary: PbfWriter) => {
      summary.writeMessage(
        1,
        (__: null, inner: PbfWriter) => {
          inner.writeStringField(1, tag);
          inner.writeFloatField(2, value);
        },
        null,
      );
    },
    null,
  );
  return pbf.finish();
}
