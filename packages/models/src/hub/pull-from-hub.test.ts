import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '../checkpoint/open.js';
import { pullModel } from '../pull-model.js';
import type { PullProgress } from '../pull-progress.js';
import { resolveModel } from '../resolve-model.js';
import { directoryFiles, type LocalHub, type LocalHubOptions, sendFile, serveHub } from '../testing.js';

const goldens = join(__dirname, '../goldens');
const code = (code: string) => expect.objectContaining({ code: `models/${code}` });
const WEIGHTS = 'model.safetensors';
const TOKEN = 'hf_secretOfThisTest';

let cache: string;
let hub: LocalHub;
const kept = { ...process.env };
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'perfit-hub-'));
  process.env.PERFIT_CACHE = cache;
  for (const name of ['HF_ENDPOINT', 'HF_TOKEN', 'HF_HUB_OFFLINE']) delete process.env[name];
});
afterEach(async () => {
  await hub?.close();
  rmSync(cache, { recursive: true });
  process.env = { ...kept };
});

const tied = () => directoryFiles(join(goldens, 'tied'));
const withGguf = () =>
  tied()
    .set('every.gguf', readFileSync(join(goldens, 'every-quantisation.gguf')))
    .set('more/other.gguf', readFileSync(join(goldens, 'every-quantisation.gguf')));

/** Serves the golden, or what is given, and points the environment there. */
async function serve(options: Partial<LocalHubOptions> = {}): Promise<LocalHub> {
  await hub?.close();
  hub = await serveHub({ repository: 'some/model', files: tied(), ...options });
  process.env.HF_ENDPOINT = `${hub.url}/`;
  return hub;
}
const pull = (name = 'some/model', onProgress: (progress: PullProgress) => void = () => {}) =>
  pullModel(name, { retryDelay: 1, onProgress });
const asked = (path: string) => hub.requests.filter((request) => request.path.endsWith(path));
const snapshot = () => join(cache, 'hub/some/model', hub.commit);
const partLeft = () => existsSync(join(snapshot(), `${WEIGHTS}.part`));

describe('a whole repository', () => {
  test('is pulled, found by name, and no bytes of it are pulled again', async () => {
    await serve();
    await expect(resolveModel('some/model')).rejects.toThrow(code('not-pulled'));
    await expect(resolveModel('some/model')).rejects.toThrow(/neither a path .* run `perfit pull some\/model`/);
    const progress: PullProgress[] = [];
    const path = await pull('some/model', (step) => progress.push(step));
    expect(path).toBe(snapshot());
    expect(readdirSync(path).sort()).toEqual([...tied().keys()].sort());
    for (const [name, content] of tied()) expect(readFileSync(join(path, name)).equals(content)).toBe(true);
    const total = tied().get(WEIGHTS)!.length;
    expect(progress[0]).toEqual({ step: 'download', bytes: 0, total });
    expect(progress.at(-2)).toEqual({ step: 'verify', bytes: total, total });
    expect(progress.at(-1)).toEqual({ step: 'done', bytes: total, total });

    for (const name of ['some/model', `some/model@${hub.commit}`]) expect(await resolveModel(name)).toBe(path);
    const { config, weights } = await openCheckpoint(await resolveModel('some/model'));
    expect(config.layers).toBe(3);
    weights.close();

    const before = hub.requests.length;
    expect(await pull()).toBe(path);
    expect(hub.requests.slice(before).map((request) => request.path)).toEqual(['/api/models/some/model/revision/main']);
    expect(await pull(`some/model@${hub.commit}`)).toBe(path);
    expect(hub.requests).toHaveLength(before + 1);
  });

  test('is pulled at a revision, which is kept apart from main', async () => {
    await serve();
    expect(await pull('some/model@refs/pr/1')).toBe(snapshot());
    expect(hub.requests[0].path).toBe('/api/models/some/model/revision/refs/pr/1');
    expect(await resolveModel('some/model@refs/pr/1')).toBe(snapshot());
    await expect(resolveModel('some/model')).rejects.toThrow(code('not-pulled'));
  });

  test('in shards that an index names', async () => {
    await serve({ files: directoryFiles(join(goldens, 'untied')).set('pytorch_model.bin', Buffer.from('no')) });
    const path = await pull();
    expect(readdirSync(path).filter((name) => name.includes('0000'))).toHaveLength(2);
    expect(existsSync(join(path, 'pytorch_model.bin'))).toBe(false);
  });

  test('without what is needed is refused before any weight comes', async () => {
    for (const name of [WEIGHTS, 'config.json', 'tokenizer.json', 'tokenizer_config.json']) {
      const files = withGguf();
      files.delete(name);
      await serve({ files });
      await expect(pull()).rejects.toThrow(code('missing-file'));
      await expect(pull()).rejects.toThrow(/Give --file with one of: every\.gguf, more\/other\.gguf\./);
      expect(asked(WEIGHTS)).toEqual([]);
    }
  });

  test('of an architecture that is not known is refused before any weight comes', async () => {
    const config = JSON.parse(readFileSync(join(goldens, 'tied/config.json'), 'utf8'));
    const foreign = Buffer.from(JSON.stringify({ ...config, model_type: 'bert' }));
    await serve({ files: tied().set('config.json', foreign) });
    await expect(pull()).rejects.toThrow(code('unsupported-model'));
    expect(asked(WEIGHTS)).toEqual([]);
  });

  test('whose safetensors are none is not recorded', async () => {
    await serve({ files: tied().set(WEIGHTS, Buffer.from('no header here')) });
    await expect(pull()).rejects.toThrow(expect.objectContaining({ code: expect.stringMatching(/^safetensors\//) }));
    await expect(resolveModel('some/model')).rejects.toThrow(code('not-pulled'));
  });
});

describe('a GGUF file', () => {
  test('is pulled alone; a name without a file stands for the only one', async () => {
    await serve({ files: withGguf() });
    const path = await pull('some/model:every.gguf');
    expect(path).toBe(join(snapshot(), 'every.gguf'));
    expect(readdirSync(snapshot())).toEqual(['every.gguf']);
    for (const name of ['some/model:every.gguf', 'some/model', `some/model@${hub.commit}:every.gguf`])
      expect(await resolveModel(name)).toBe(path);
    await pull('some/model:more/other.gguf');
    await expect(resolveModel('some/model')).rejects.toThrow(code('ambiguous-model'));
    await expect(resolveModel('some/model')).rejects.toThrow(/some\/model:every\.gguf, some\/model:more\/other\.gguf/);
    expect(await pull()).toBe(snapshot());
    expect(await resolveModel('some/model')).toBe(snapshot());
  });

  test('that is none, is not there, or is a part, is refused', async () => {
    const part = 'big-00001-of-00003.gguf';
    await serve({ files: withGguf().set('broken.gguf', Buffer.from('GGML')).set(part, Buffer.from('GGUF')) });
    await expect(pull('some/model:config.json')).rejects.toThrow(code('not-a-checkpoint'));
    await expect(pull('some/model:absent.gguf')).rejects.toThrow(code('missing-file'));
    await expect(pull('some/model:absent.gguf')).rejects.toThrow(/one of: big-.*, broken\.gguf, every\.gguf/);
    await expect(pull(`some/model:${part}`)).rejects.toThrow(code('unsupported-model'));
    await expect(pull('some/model:broken.gguf')).rejects.toThrow(code('gguf-magic'));
    await expect(resolveModel('some/model:broken.gguf')).rejects.toThrow(code('not-pulled'));
  });
});

describe('a connection that breaks', () => {
  /** Sends `bytes` of the weights and, when they have had time to arrive, hangs up, so many times. */
  const cutting = (bytes: number, times: number) => (request: IncomingMessage, response: ServerResponse) => {
    if (!request.url!.endsWith(WEIGHTS) || times-- <= 0) return false;
    const content = tied().get(WEIGHTS)!;
    const start = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
    const range = `bytes ${start}-${content.length - 1}/${content.length}`;
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': content.length - start, 'content-range': range });
    response.write(content.subarray(start, start + bytes));
    setTimeout(() => response.destroy(), 100);
    return true;
  };

  test('is taken up where it broke', async () => {
    await serve({ answer: cutting(1000, 2) });
    const path = await pull();
    expect(asked(WEIGHTS).map(({ range }) => range)).toEqual([undefined, 'bytes=1000-', 'bytes=2000-']);
    expect(readFileSync(join(path, WEIGHTS)).equals(tied().get(WEIGHTS)!)).toBe(true);
    expect(partLeft()).toBe(false);
  });

  test('again and again ends the pull; the next goes on from there', async () => {
    await serve({ answer: cutting(100, Number.POSITIVE_INFINITY) });
    await expect(pull()).rejects.toThrow(code('hub-unreachable'));
    await expect(resolveModel('some/model')).rejects.toThrow(code('not-pulled'));
    expect(asked(WEIGHTS)).toHaveLength(5);
    const left = readFileSync(join(snapshot(), `${WEIGHTS}.part`));
    expect(left.equals(tied().get(WEIGHTS)!.subarray(0, 500))).toBe(true);
    await serve();
    await pull();
    expect(asked(WEIGHTS).map(({ range }) => range)).toEqual(['bytes=500-']);
  });

  test('before a server that knows no ranges starts over', async () => {
    let cuts = 0;
    await serve({
      answer: (request, response) => {
        if (!request.url!.endsWith(WEIGHTS)) return false;
        const content = tied().get(WEIGHTS)!;
        response.writeHead(200, { 'content-length': content.length });
        if (cuts++ === 0) response.write(content.subarray(0, 1000), () => response.destroy());
        else response.end(content);
        return true;
      },
    });
    expect(readFileSync(join(await pull(), WEIGHTS)).equals(tied().get(WEIGHTS)!)).toBe(true);
    expect(cuts).toBe(2);
  });

  test('and a beginning that is not the file’s is fetched anew', async () => {
    await serve({ answer: cutting(1000, Number.POSITIVE_INFINITY) });
    await expect(pull()).rejects.toThrow(code('hub-unreachable'));
    const part = join(snapshot(), `${WEIGHTS}.part`);
    writeFileSync(part, Buffer.alloc(3000, 7));
    await serve();
    const path = await pull();
    expect(asked(WEIGHTS).map(({ range }) => range)).toEqual(['bytes=3000-', undefined]);
    expect(readFileSync(join(path, WEIGHTS)).equals(tied().get(WEIGHTS)!)).toBe(true);
  });

  test('a file that lost its end is fetched again', async () => {
    await serve();
    const path = await pull();
    truncateSync(join(path, WEIGHTS), 10);
    rmSync(join(cache, 'hub/some/model/refs'), { recursive: true });
    await pull();
    expect(readFileSync(join(path, WEIGHTS)).equals(tied().get(WEIGHTS)!)).toBe(true);
  });

  test('nobody there', async () => {
    await serve();
    await hub.close();
    await expect(pull()).rejects.toThrow(code('hub-unreachable'));
    await expect(pull()).rejects.toThrow(/5 attempts: ECONNREFUSED\./);
  });

  test.each([429, 503])('an answer of %d is asked again, after as long as it says', async (status) => {
    let refusals = 2;
    await serve({
      answer: (_, response) => {
        if (refusals-- <= 0) return false;
        response.writeHead(status, { 'retry-after': '0' }).end();
        return true;
      },
    });
    expect(await pull()).toBe(snapshot());
    expect(asked('/revision/main')).toHaveLength(3);
  });
});

describe('content that is not what the hub lists', () => {
  test.each([WEIGHTS, 'config.json'])('%s with another byte leaves nothing behind', async (name) => {
    const files = tied();
    const content = Buffer.from(files.get(name)!);
    await serve({
      files,
      answer: (request, response) => {
        if (!request.url!.endsWith(name)) return false;
        sendFile(request, response, Buffer.from(content).fill(content[99] ^ 1, 99, 100));
        return true;
      },
    });
    await expect(pull()).rejects.toThrow(code('checksum'));
    expect(readdirSync(snapshot()).filter((found) => found.startsWith(name))).toEqual([]);
    expect(asked(name)).toHaveLength(1);
  });

  test('more bytes than listed are cut off', async () => {
    await serve({
      answer: (request, response) => {
        if (!request.url!.endsWith(WEIGHTS)) return false;
        response.writeHead(200);
        for (let i = 0; i < 40; i++) response.write(tied().get(WEIGHTS)!);
        response.end();
        return true;
      },
    });
    await expect(pull()).rejects.toThrow(code('hub-malformed'));
    expect(existsSync(join(snapshot(), WEIGHTS))).toBe(false);
  });

  test.each(['../../outside.txt', '/etc/outside', 'a/../../b', 'C:\\outside', 'a\\..\\b', 'a//b', './a'])(
    'a listing with %j is refused whole',
    async (path) => {
      await serve({ list: (entries) => [...entries, { ...entries[0], path }] });
      await expect(pull()).rejects.toThrow(code('hub-malformed'));
      expect(readdirSync(cache)).toEqual([]);
    },
  );

  test.each([
    ['no list', { error: 'no' }],
    ['no digest', [{ type: 'file', path: 'config.json', size: 3 }]],
    ['a negative size', [{ type: 'file', path: 'config.json', size: -1, oid: '0'.repeat(40) }]],
  ])('a listing with %s is refused', async (_, listing) => {
    await serve({ list: () => listing });
    await expect(pull()).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/hub-(malformed|unreachable)/) }),
    );
  });

  test('a commit that is a path, and a description of no sane size', async () => {
    await serve({
      answer: (request, response) => {
        if (!request.url!.includes('/revision/')) return false;
        response.end(JSON.stringify({ sha: '../../../outside' }));
        return true;
      },
    });
    await expect(pull()).rejects.toThrow(code('hub-malformed'));
    await serve({ list: (entries) => entries.map((entry) => ({ ...entry, size: 2 ** 30 })) });
    await expect(pull()).rejects.toThrow(code('hub-malformed'));
  });

  test.each(['../model.safetensors', '/etc/passwd', 'a/b.safetensors', 'model.bin'])(
    'an index that names %j as a shard',
    async (shard) => {
      const index = Buffer.from(JSON.stringify({ weight_map: { 'model.norm.weight': shard } }));
      const files = tied().set(`${WEIGHTS}.index.json`, index);
      files.delete(WEIGHTS);
      await serve({ files });
      await expect(pull()).rejects.toThrow(code('bad-config'));
    },
  );

  test('an index of a shard that is not there', async () => {
    const files = directoryFiles(join(goldens, 'untied'));
    files.delete('model-00002-of-00002.safetensors');
    await serve({ files });
    await expect(pull()).rejects.toThrow(code('missing-file'));
    expect(asked('.safetensors')).toEqual([]);
  });

  test('more than the disk holds is refused before it comes', async () => {
    const huge = (entry: Record<string, unknown>) => ({
      ...entry,
      lfs: { ...(entry.lfs as object), size: 2 ** 52 },
    });
    await serve({ list: (entries) => entries.map((entry) => (entry.lfs ? huge(entry) : entry)) });
    await expect(pull()).rejects.toThrow(code('disk-full'));
    await expect(pull()).rejects.toThrow(/PERFIT_CACHE/);
    expect(asked(WEIGHTS)).toEqual([]);
  });
});

describe('who may read', () => {
  const refusing = (status: number, headers = {}) => ({
    answer: (_: unknown, response: ServerResponse) => {
      response.writeHead(status, headers).end();
      return true;
    },
  });

  test.each([
    [401, 'hub-unauthorised', /put an access token into HF_TOKEN/, /whether HF_TOKEN is still valid/],
    [403, 'hub-forbidden', /Put an access token into HF_TOKEN/, /Accept the model's terms/],
    [404, 'hub-not-found', /Check owner, name, revision and file/, /Check owner, name, revision and file/],
    [418, 'pull-failed', /Check HF_ENDPOINT/, /Check HF_ENDPOINT/],
  ])('%d is %s', async (status, expected, without, withToken) => {
    await serve(refusing(status, { 'x-error-message': 'Because.' }));
    await expect(pull()).rejects.toThrow(code(expected));
    await expect(pull()).rejects.toThrow(without);
    await expect(pull()).rejects.toThrow(`the hub answers ${status} for some/model (Because)`);
    expect(hub.requests).toHaveLength(3);
    process.env.HF_TOKEN = TOKEN;
    await expect(pull()).rejects.toThrow(withToken);
    await expect(pull()).rejects.not.toThrow(TOKEN);
  });

  test('a revision that is not there', async () => {
    await serve();
    await expect(pull('some/model@gone')).rejects.toThrow(/404 for some\/model@gone \(Invalid rev id: gone\)/);
    await expect(pull('another/model')).rejects.toThrow(code('hub-not-found'));
  });

  test('the token goes to the hub with every request, and to no other origin', async () => {
    const seen: (string | undefined)[] = [];
    const store = createServer((request, response) => {
      seen.push(request.headers.authorization);
      sendFile(request, response, tied().get(WEIGHTS)!);
    });
    await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
    const elsewhere = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
    process.env.HF_TOKEN = ` ${TOKEN}\n`;
    await serve({
      answer: (request, response) => {
        if (!request.url!.endsWith(WEIGHTS)) return false;
        response.writeHead(302, { location: `${elsewhere}/signed` }).end();
        return true;
      },
    });
    try {
      await pull();
    } finally {
      store.close();
      store.closeAllConnections();
    }
    expect(seen).toEqual([undefined]);
    expect(hub.requests.length).toBeGreaterThan(5);
    for (const { authorization } of hub.requests) expect(authorization).toBe(`Bearer ${TOKEN}`);
  });

  test('nor does the next page of a listing that another origin serves get it', async () => {
    const seen: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('[]');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    process.env.HF_TOKEN = TOKEN;
    await serve({
      answer: (request, response) => {
        if (request.url!.includes('/tree/')) response.setHeader('link', `<${elsewhere}/next>; rel="next"`);
        return false;
      },
    });
    try {
      await pull();
    } finally {
      other.close();
      other.closeAllConnections();
    }
    expect(seen).toEqual([undefined]);
  });

  test('a store behind the hub that refuses is asked again, not taken for the hub', async () => {
    const store = createServer((_, response) => void response.writeHead(403).end());
    await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
    const elsewhere = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
    await serve({
      answer: (request, response) => {
        if (!request.url!.endsWith(WEIGHTS)) return false;
        response.writeHead(302, { location: elsewhere }).end();
        return true;
      },
    });
    try {
      await expect(pull()).rejects.toThrow(/5 attempts: the store behind it answers 403/);
    } finally {
      store.close();
      store.closeAllConnections();
    }
  });

  test.each(['not a url', 'ftp://hub', 'http://me:secret@hub', 'http://hub?x=1'])(
    'HF_ENDPOINT %j is refused',
    async (given) => {
      process.env.HF_ENDPOINT = given;
      await expect(pull()).rejects.toThrow(code('bad-endpoint'));
      await expect(pull()).rejects.not.toThrow('secret');
    },
  );

  test('a token that no header can carry is refused, and not printed', async () => {
    await serve();
    process.env.HF_TOKEN = 'hf_broken\nsecret';
    await expect(pull()).rejects.toThrow(code('hub-unauthorised'));
    await expect(pull()).rejects.not.toThrow('hf_broken');
    expect(hub.requests).toEqual([]);
  });
});

test('offline, what is here is used and nothing is asked', async () => {
  await serve();
  process.env.HF_HUB_OFFLINE = '1';
  await expect(pull()).rejects.toThrow(code('offline'));
  expect(hub.requests).toEqual([]);
  process.env.HF_HUB_OFFLINE = '0';
  const path = await pull();
  const before = hub.requests.length;
  process.env.HF_HUB_OFFLINE = 'yes';
  expect(await pull()).toBe(path);
  expect(hub.requests).toHaveLength(before);
});
