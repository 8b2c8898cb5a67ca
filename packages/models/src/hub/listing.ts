import { z } from 'zod';
import { errors } from '../errors.js';
import { isCommit } from './cache.js';
import type { Hub } from './connect.js';
import { type HubReference, referenceName } from './reference.js';

/** A file of a repository at a commit. */
export interface HubFile {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly bytes: number;
  /** sha256 of the content, or git's sha1 of it as a blob; hex. */
  readonly digest: { readonly algorithm: 'sha256' | 'git'; readonly hex: string };
}

const MOST_FILES = 100_000;
const bytes = z.number().int().nonnegative();

const entrySchema = z.looseObject({
  type: z.string(),
  path: z.string().min(1),
  size: bytes,
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.looseObject({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: bytes }).optional(),
});

const malformed = (what: string, cause?: unknown) =>
  errors.make('hub-malformed', { what, cure: 'Check that HF_ENDPOINT is a hub; else report it to its keepers', cause });

/** Whether a path stays below the folder that it is put in, on every system. */
function staysInside(path: string): boolean {
  return (
    !/\\|^[A-Za-z]:|\0/.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/**
 * The commit of a revision, as the hub knows it now.
 *
 * @throws `hub-malformed`, and the hub's refusals
 */
export async function readCommit({ url, fetch }: Hub, reference: HubReference): Promise<string> {
  const { modelInfo } = await import('@huggingface/hub');
  const { repository: name, revision } = reference;
  const { sha } = await modelInfo({ name, revision, hubUrl: url, fetch, additionalFields: ['sha'] });
  if (typeof sha === 'string' && isCommit(sha)) return sha;
  throw malformed(`the hub names no commit for ${referenceName(reference)}`);
}

/**
 * The files of a commit, by path.
 *
 * @throws `hub-malformed`, and the hub's refusals
 */
export async function listFilesOf(
  { url, fetch }: Hub,
  { repository }: HubReference,
  commit: string,
): Promise<ReadonlyMap<string, HubFile>> {
  const { listFiles } = await import('@huggingface/hub');
  const repo = { type: 'model', name: repository } as const;
  const files = new Map<string, HubFile>();
  for await (const raw of listFiles({ repo, revision: commit, recursive: true, hubUrl: url, fetch })) {
    const { data: entry, error } = entrySchema.safeParse(raw);
    if (!entry) throw malformed(`the hub lists a file of ${repository} without its size or digest`, error);
    const { type, path, size, oid, lfs } = entry;
    if (!staysInside(path))
      throw malformed(`the hub lists ${JSON.stringify(path)} in ${repository}, which leads outside`);
    if (files.size === MOST_FILES) throw malformed(`the hub lists more than ${MOST_FILES} files of ${repository}`);
    const digest = lfs ? ({ algorithm: 'sha256', hex: lfs.oid } as const) : ({ algorithm: 'git', hex: oid } as const);
    if (type === 'file') files.set(path, { path, bytes: lfs?.size ?? size, digest });
  }
  return files;
}
