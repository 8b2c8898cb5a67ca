import { createHash } from 'node:crypto';
import { closeSync, createWriteStream, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { digestFiles } from '../checkpoint/digest.js';
import { errors } from '../errors.js';
import { withAttempts } from './attempts.js';
import type { Hub } from './connect.js';
import type { HubFile } from './listing.js';

/** A connection on which nothing arrives for so long is given up, in milliseconds. */
const SILENCE = 60_000;

/** How a file is brought here. */
export interface Transfer {
  readonly hub: Hub;
  /** Address of the file. */
  readonly url: string;
  /** Milliseconds before the second attempt. */
  readonly delay: number;
  /** Bytes of the file that are here. */
  readonly onBytes: (bytes: number) => void;
  /** All of the file is here, and its digest comes next. */
  readonly onVerify: () => void;
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Where the body of an answer begins in the file: 0 where the range was passed over. */
function startOf({ status, headers }: Response, asked: number): number {
  if (status !== 206) return 0;
  const start = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1];
  if (Number(start) === asked) return asked;
  throw new Error(`it sends a file from ${start} on, not from ${asked}`);
}

/** Brings what is missing of a file, once; what has arrived when the connection breaks stays. */
async function receive({ hub, url, onBytes }: Transfer, part: string, bytes: number): Promise<void> {
  closeSync(openSync(part, 'a'));
  const have = sizeOf(part);
  if (have === bytes) return;
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`nothing came for ${SILENCE / 1000} s`)), SILENCE);
  try {
    const headers = { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) };
    const response = await hub.fetch(url, { headers, signal: silence.signal });
    let at = startOf(response, have);
    const arriving = async function* () {
      for await (const chunk of response.body ?? []) {
        timer.refresh();
        at += chunk.length;
        if (at > bytes) throw errors.make('hub-malformed', oversized(url, bytes));
        onBytes(at);
        yield chunk;
      }
    };
    await pipeline(arriving, createWriteStream(part, { flags: 'r+', start: at }));
    if (at < bytes) throw new Error(`it ends a file after ${at} of ${bytes} bytes`);
  } finally {
    clearTimeout(timer);
  }
}

const oversized = (url: string, bytes: number) => ({
  what: `${url} sends more than the ${bytes} bytes that the hub lists`,
  cure: 'Try again; if it stays so, report it to the keepers of HF_ENDPOINT',
});

/** A full disk is nothing that another attempt betters. */
function explainDisk(thrown: unknown, part: string): unknown {
  const { code } = thrown as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return thrown;
  return errors.make('disk-full', {
    what: `no space is left for ${part}`,
    cure: 'Make room, or put the cache elsewhere with PERFIT_CACHE; the same pull goes on where it stopped',
    cause: thrown,
  });
}

function digestOf(path: string, { digest, bytes }: HubFile): string {
  return digest.algorithm === 'sha256'
    ? digestFiles([path])
    : digestFiles([path], createHash('sha1').update(`blob ${bytes}\0`));
}

/**
 * Brings a file into a folder, whole and verified: it is written beside, from where an earlier pull stopped, and moved
 * into place last. Two pulls at once write the same bytes to the same places.
 *
 * @throws `checksum`, `disk-full`, `hub-malformed`, `hub-unreachable`, and the hub's refusals
 */
export async function transferFile(transfer: Transfer, folder: string, file: HubFile): Promise<void> {
  const target = join(folder, ...file.path.split('/'));
  if (existsSync(target) && sizeOf(target) === file.bytes) return;
  const part = `${target}.part`;
  mkdirSync(dirname(target), { recursive: true });
  if (sizeOf(part) > file.bytes) rmSync(part);
  const resumed = sizeOf(part) > 0;
  try {
    await withAttempts(() => receive(transfer, part, file.bytes), transfer.delay);
  } catch (thrown) {
    throw explainDisk(thrown, part);
  }
  transfer.onVerify();
  const found = digestOf(part, file);
  if (found === file.digest.hex) return renameSync(part, target);
  rmSync(part);
  // What an earlier pull left could be the culprit.
  if (resumed) return transferFile(transfer, folder, file);
  throw errors.make('checksum', {
    what: `${file.path} has ${file.digest.algorithm} digest ${found}, expected ${file.digest.hex}`,
    cure: 'Pull again; if it stays so, the hub serves another file',
  });
}
