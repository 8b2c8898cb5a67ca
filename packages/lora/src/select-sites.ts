import type { Site } from './contract.js';
import { errors } from './errors.js';

const regexOnly = /[\\()|^$+]/;
const wildcard = /[*?[{]/;

/** `*` anything, `?` one character, `[5-9]` one of, `{a,b}` either; all else, the dot too, stands for itself. */
function globToRegex(glob: string): string {
  return glob.replace(/^\.(?=\*)/, '').replace(/\[[^\]]*\]|\{[^}]*\}|[\s\S]/g, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (part.length > 1 && part[0] === '[') return part.replace(/^\[!/, '[^');
    if (part.length > 1) return `(?:${part.slice(1, -1).split(',').map(globToRegex).join('|')})`;
    return part.replace(/[.[\]{}]/, '\\$&');
  });
}

/** Whether a site's name is meant by one target. */
function matcher(target: string): (name: string) => boolean {
  const isRegex = regexOnly.test(target);
  if (!isRegex && !wildcard.test(target))
    return (name) => [target, `${target}_proj`].some((end) => name === end || name.endsWith(`.${end}`));
  try {
    const pattern = new RegExp(`^(?:.*\\.)?(?:${isRegex ? target : globToRegex(target)})$`);
    return (name) => pattern.test(name);
  } catch (cause) {
    throw errors.make('bad-target', {
      what: `the target ${target} is neither a glob nor a regular expression`,
      cure: 'Write it like layers.1[5-9].*q_proj',
      cause,
    });
  }
}

function describe(sites: readonly Site[]): string {
  const modules = [...new Set(sites.map(({ name }) => name.slice(name.lastIndexOf('.') + 1)))];
  const last = sites.reduce((largest, { layer }) => Math.max(largest, layer), 0);
  return `This model has ${modules.join(', ') || 'none'} in layers 0–${last}`;
}

/**
 * The sites that the targets mean, each once, in the order given. A target is a short name (`q`, `k`, `v`, `o`,
 * `gate`, `up`, `down`), a module's name or the end of one (`q_proj`, `self_attn.q_proj`), a glob
 * (`layers.1[5-9].*q_proj`), or, where it has a character that only a regular expression has (`\ ( ) | ^ $ +`), a
 * regular expression over the end of the name, from a component's start.
 *
 * @throws `unknown-target`, which lists what exists; `bad-target`
 * @example
 * selectSites(sites, ['q', 'v', 'layers.{28,29}.*down_proj']);
 */
export function selectSites(sites: readonly Site[], targets: readonly string[]): readonly Site[] {
  if (targets.length === 0 || targets.includes(''))
    throw errors.make('bad-target', {
      what: targets.length ? 'a target is empty' : 'there is no target',
      cure: `Name at least one projection. ${describe(sites)}`,
    });
  const chosen = new Set<Site>();
  for (const target of targets) {
    const matches = matcher(target);
    const found = sites.filter(({ name }) => matches(name));
    if (!found.length)
      throw errors.make('unknown-target', { what: `no projection matches "${target}"`, cure: describe(sites) });
    for (const site of found) chosen.add(site);
  }
  return sites.filter((site) => chosen.has(site));
}
