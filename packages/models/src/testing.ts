import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** One request that a local hub has got. */
export interface HubRequest {
  /** Without the query. */
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** A hub on this machine. */
export interface LocalHub {
  /** What HF_ENDPOINT says. */
  readonly url: string;
  /** In order. */
  readonly requests: HubRequest[];
  /** The commit that every revision but `gone` stands for. */
  readonly commit: string;
  readonly close: () => Promise<void>;
}

/** What a local hub serves, and how it misbehaves. */
export interface LocalHubOptions {
  /** `OWNER/NAME`. */
  readonly repository: string;
  /** Content by path; read at every request. */
  readonly files: Map<string, Uint8Array>;
  /** Alters the listing before it is sent. */
  readonly list?: (entries: Record<string, unknown>[]) => unknown;
  /** Answers in the hub's place where it returns true. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** The files of a directory, by name, as a local hub serves them. */
export function directoryFiles(directory: string): Map<string, Uint8Array> {
  const names = readdirSync(directory).filter((name) => statSync(join(directory, name)).isFile());
  return new Map(names.map((name) => [name, readFileSync(join(directory, name))]));
}

function listed(path: string, content: Uint8Array): Record<string, unknown> {
  const size = content.length;
  const oid = createHash('sha1').update(`blob ${size}\0`).update(content).digest('hex');
  if (!/\.(safetensors|gguf)$/.test(path)) return { type: 'file', path, size, oid };
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { type: 'file', path, size, oid, lfs: { oid: sha256, size, pointerSize: 130 } };
}

/** Sends a file, or what a range asks of it. */
export function sendFile(request: IncomingMessage, response: ServerResponse, content: Uint8Array): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const range = `bytes ${start}-${content.length - 1}/${content.length}`;
  const headers = { 'content-length': content.length - start, ...(start > 0 && { 'content-range': range }) };
  response.writeHead(start > 0 ? 206 : 200, headers).end(content.subarray(start));
}

/** A hub of one repository, for tests of what pulls: commit, listing and files over HTTP, on a free port. */
export async function serveHub({
  repository,
  files,
  list = (entries) => entries,
  answer = () => false,
}: LocalHubOptions): Promise<LocalHub> {
  const requests: HubRequest[] = [];
  const commit = createHash('sha1').update(repository).digest('hex');
  const missing = (response: ServerResponse, message: string) =>
    response.writeHead(404, { 'x-error-message': message }).end();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    const path = decodeURIComponent(pathname);
    requests.push({ path, range: request.headers.range, authorization: request.headers.authorization });
    if (answer(request, response)) return;
    const json = (body: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const api = `/api/models/${repository}`;
    const store = `/${repository}/resolve/${commit}/`;
    if (path.startsWith(`${api}/revision/`))
      path.endsWith('/gone') ? missing(response, 'Invalid rev id: gone') : json({ id: repository, sha: commit });
    else if (path === `${api}/tree/${commit}`) json(list([...files].map(([name, content]) => listed(name, content))));
    else if (path.startsWith(store) && files.has(path.slice(store.length)))
      sendFile(request, response, files.get(path.slice(store.length))!);
    else missing(response, 'Repository not found');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, commit, close };
}
