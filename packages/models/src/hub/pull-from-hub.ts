import { mkdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '../checkpoint/model-file.js';
import { openCheckpoint } from '../checkpoint/open.js';
import { shardNames } from '../checkpoint/safetensors.js';
import { parseHuggingFaceConfig } from '../config/hugging-face.js';
import { errors } from '../errors.js';
import type { PullProgress } from '../pull-progress.js';
import { withAttempts } from './attempts.js';
import { isCommit, pulledSnapshot, recordedPath, recordPull, snapshotFolder } from './cache.js';
import { chooseDescription, chooseGguf, chooseWeights } from './choose.js';
import { connect, type Hub, type HubEnvironment } from './connect.js';
import { type HubFile, listFilesOf, readCommit } from './listing.js';
import { type HubReference, referenceName } from './reference.js';
import { transferFile } from './transfer.js';

/** How a model of the hub is pulled. */
export interface HubPullOptions {
  readonly onProgress: (progress: PullProgress) => void;
  /** Milliseconds before the second attempt. */
  readonly delay: number;
  /** HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE. */
  readonly env: HubEnvironment;
}

/** A commit of a repository, and the folder that becomes a copy of a part of it. */
interface Snapshot {
  readonly hub: Hub;
  readonly reference: HubReference;
  readonly commit: string;
  readonly folder: string;
}

function checkSpace(folder: string, needed: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (needed <= bavail * bsize) return;
  throw errors.make('disk-full', {
    what: `${folder} has room for ${bavail * bsize} bytes, the model takes ${needed} more`,
    cure: 'Make room, or put the cache elsewhere with PERFIT_CACHE',
  });
}

/** Bytes of a file, or of its beginning, that an earlier pull left. */
const bytesHere = (folder: string, { path }: HubFile) =>
  [path, `${path}.part`].reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

async function transferAll(
  { hub, reference, commit, folder }: Snapshot,
  files: readonly HubFile[],
  { onProgress, delay }: HubPullOptions,
): Promise<void> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  mkdirSync(folder, { recursive: true });
  checkSpace(
    folder,
    files.reduce((sum, file) => sum + Math.max(0, file.bytes - bytesHere(folder, file)), 0),
  );
  let before = 0;
  for (const file of files) {
    const path = file.path.split('/').map(encodeURIComponent).join('/');
    const url = `${hub.url}/${reference.repository}/resolve/${commit}/${path}`;
    const onBytes = (bytes: number) => onProgress({ step: 'download', bytes: before + bytes, total });
    const onVerify = () => onProgress({ step: 'verify', bytes: before + file.bytes, total });
    onBytes(0);
    await transferFile({ hub, url, delay, onBytes, onVerify }, folder, file);
    before += file.bytes;
  }
}

/** Pulls what the reference names and returns its path; weights come last, when the configuration is known to be one. */
async function pullSnapshot(snapshot: Snapshot, options: HubPullOptions): Promise<string> {
  const { hub, reference, commit, folder } = snapshot;
  const files = await withAttempts(() => listFilesOf(hub, reference, commit), options.delay);
  if (reference.file) {
    const chosen = chooseGguf(files, reference, reference.file);
    await transferAll(snapshot, [chosen], options);
    return join(folder, ...chosen.path.split('/'));
  }
  const description = chooseDescription(files, reference);
  await transferAll(snapshot, description, { ...options, onProgress: () => {} });
  parseHuggingFaceConfig(readJson(folder, 'config.json'));
  await transferAll(
    snapshot,
    chooseWeights(files, reference, () => shardNames(folder)),
    options,
  );
  return folder;
}

const offline = (env: HubEnvironment) => /^(1|on|yes|true)$/i.test(env.HF_HUB_OFFLINE ?? '');

/**
 * Pulls a model from a hub of Hugging Face's kind: its safetensors with configuration and tokenizer, or one GGUF file.
 * Every file is checked against the digest that the hub lists, and the whole as `openCheckpoint` does; only then is
 * it recorded. A commit is pulled once.
 *
 * @throws `offline`, `bad-endpoint`, the hub's refusals, and whatever is wrong with the model
 */
export async function pullFromHub(reference: HubReference, options: HubPullOptions): Promise<string> {
  const { env, delay } = options;
  if (offline(env)) {
    const pulled = pulledSnapshot(reference);
    if (pulled) return pulled;
    throw errors.make('offline', {
      what: `${referenceName(reference)} was not pulled, and HF_HUB_OFFLINE is set`,
      cure: 'Unset HF_HUB_OFFLINE and pull again',
    });
  }
  const known = isCommit(reference.revision) ? recordedPath(reference) : undefined;
  if (known) return known;
  const hub = await connect(reference, env);
  const commit = await withAttempts(() => readCommit(hub, reference), delay);
  let path = recordedPath({ ...reference, revision: commit });
  if (!path) {
    path = await pullSnapshot({ hub, reference, commit, folder: snapshotFolder(reference, commit) }, options);
    (await openCheckpoint(path)).weights.close();
  }
  recordPull(reference, commit);
  return path;
}
