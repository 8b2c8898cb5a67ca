import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '@perfit/tensorflow';
import { errors } from '../errors.js';
import { type HubReference, referenceName } from './reference.js';

const commitPattern = /^[0-9a-f]{40}$/;

/** A commit's full name, under which its files never change. */
export const isCommit = (revision: string): boolean => commitPattern.test(revision);

const repositoryFolder = ({ repository }: HubReference) => join(cacheDirectory(), 'hub', ...repository.split('/'));
const refsFolder = (reference: HubReference) => join(repositoryFolder(reference), 'refs');
const refName = (revision: string, file: string | undefined) =>
  encodeURIComponent(file ? `${revision}:${file}` : revision);

/** Where the files of a commit lie, or would lie. */
export function snapshotFolder(reference: HubReference, commit: string): string {
  return join(repositoryFolder(reference), commit);
}

/** The path of exactly what a reference names. A pull is recorded last, where it is whole: revision and file to commit. */
export function recordedPath(reference: HubReference): string | undefined {
  const ref = join(refsFolder(reference), refName(reference.revision, reference.file));
  const commit = existsSync(ref) ? readFileSync(ref, 'utf8') : '';
  if (!isCommit(commit)) return undefined;
  const path = join(snapshotFolder(reference, commit), ...(reference.file?.split('/') ?? []));
  return existsSync(path) ? path : undefined;
}

/** GGUF files of a revision that were pulled. */
function recordedFiles(reference: HubReference): readonly string[] {
  const folder = refsFolder(reference);
  const prefix = `${reference.revision}:`;
  return (existsSync(folder) ? readdirSync(folder) : [])
    .map(decodeURIComponent)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .sort();
}

/** Records that a pull is whole, for its revision and for the commit. */
export function recordPull(reference: HubReference, commit: string): void {
  const folder = refsFolder(reference);
  mkdirSync(folder, { recursive: true });
  for (const revision of new Set([reference.revision, commit])) {
    const beside = join(folder, `.${process.pid}`);
    writeFileSync(beside, commit);
    renameSync(beside, join(folder, refName(revision, reference.file)));
  }
}

/**
 * The path of what was pulled: the directory of the commit, or a GGUF file in it. Where a reference names no file, and of
 * its revision no more than one GGUF file was pulled, that one.
 *
 * @throws `ambiguous-model`
 */
export function pulledSnapshot(reference: HubReference): string | undefined {
  const path = recordedPath(reference);
  if (path || reference.file) return path;
  const files = recordedFiles(reference);
  if (files.length > 1)
    throw errors.make('ambiguous-model', {
      what: `${files.length} files of ${referenceName(reference)} were pulled`,
      cure: `Give one of: ${files.map((file) => referenceName({ ...reference, file })).join(', ')}`,
    });
  return files.length === 1 ? recordedPath({ ...reference, file: files[0] }) : undefined;
}
