import { errors } from '../errors.js';
import { type HubReference, referenceName } from './reference.js';

/** A hub, and the right to read there. */
export interface Hub {
  /** Where it is, without a slash at the end. */
  readonly url: string;
  /**
   * `fetch`, with the access token where the request goes to the hub itself and nowhere else: a redirect to another
   * origin loses it, as the standard of `fetch` has it. An answer that is no success is thrown.
   */
  readonly fetch: typeof fetch;
}

/** Variables of the environment that say which hub, and as whom. */
export type HubEnvironment = Readonly<Record<string, string | undefined>>;

/** Answers that another attempt may better: too slow, too many requests, trouble of the hub's own. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);
const LONGEST_WAIT = 60_000;

/** What another attempt may better; `wait` is how long the hub asks for, in milliseconds. */
export type PassingFailure = Error & { readonly wait?: number };

function endpoint(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    throw errors.make('bad-endpoint', {
      what: 'HF_ENDPOINT is not the address of a hub',
      cure: 'Give http(s)://HOST[/PATH] without a user name; an access token belongs into HF_TOKEN',
    });
  return url.href.replace(/\/+$/, '');
}

function accessToken(given: string | undefined): string | undefined {
  const token = given?.trim() || undefined;
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
  throw errors.make('hub-unauthorised', {
    what: 'HF_TOKEN holds characters that no access token has',
    cure: 'Copy the token again, or unset HF_TOKEN',
  });
}

/** Why the hub refuses, for good or for now. */
function refusal({ status, headers }: Response, reference: HubReference, token: string | undefined): Error {
  const said = headers.get('x-error-message');
  const what = `the hub answers ${status} for ${referenceName(reference)}${said ? ` (${said.replace(/\.$/, '')})` : ''}`;
  if (passing.has(status)) {
    const wait = Math.min(Number(headers.get('retry-after')) * 1000, LONGEST_WAIT);
    return Object.assign(new Error(`it answers ${status}`), wait > 0 && { wait });
  }
  if (status === 401)
    return errors.make('hub-unauthorised', {
      what,
      cure: token
        ? 'Check the name, and whether HF_TOKEN is still valid'
        : 'Check the name; for a private or gated model put an access token into HF_TOKEN',
    });
  if (status === 403)
    return errors.make('hub-forbidden', {
      what,
      cure: token
        ? "Accept the model's terms with the account of HF_TOKEN, and let the token read it"
        : 'Put an access token into HF_TOKEN, of an account that may read the model',
    });
  if (status === 404) return errors.make('hub-not-found', { what, cure: 'Check owner, name, revision and file' });
  return errors.make('pull-failed', { what, cure: 'Check HF_ENDPOINT, and try again later' });
}

/**
 * The hub of the environment: HF_ENDPOINT, else the one that the library of the hub knows; HF_TOKEN.
 *
 * @throws `bad-endpoint`, `hub-unauthorised`
 */
export async function connect(reference: HubReference, env: HubEnvironment): Promise<Hub> {
  const { HUB_URL } = await import('@huggingface/hub');
  const url = endpoint(env.HF_ENDPOINT?.trim() || HUB_URL);
  const token = accessToken(env.HF_TOKEN);
  const { origin } = new URL(url);
  const authorised = async (input: string | URL | Request, init: RequestInit = {}) => {
    const target = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init.headers);
    if (token && target.origin === origin) headers.set('authorization', `Bearer ${token}`);
    const response = await fetch(target, { ...init, headers });
    if (response.ok) return response;
    await response.body?.cancel();
    if (new URL(response.url).origin === origin) throw refusal(response, reference, token);
    throw new Error(`the store behind it answers ${response.status}`);
  };
  return { url, fetch: authorised };
}
