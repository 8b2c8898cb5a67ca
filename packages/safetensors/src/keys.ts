const token = /"(?:[^"\\]+|\\.)*"|[{}[\]:]/g;

/** The keys of the outermost object of a valid JSON text, in order, repeated ones included. */
export function* topLevelKeys(json: string): Generator<string> {
  let depth = 0;
  let text = '';
  for (const [match] of json.matchAll(token)) {
    if (match === '{' || match === '[') depth++;
    else if (match === '}' || match === ']') depth--;
    else if (match !== ':') text = match;
    else if (depth === 1) yield JSON.parse(text) as string;
  }
}
