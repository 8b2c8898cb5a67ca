/** Splits `a, {name: b, c: d}, "e,f"` at its top-level commas: not inside brackets, braces or quotes. */
export function splitValues(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote: string | null = null;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (quote !== null) {
      if (character === quote) quote = null;
    } else if (`"'`.includes(character) && opensValue(text.slice(start, at))) quote = character;
    else if ('[{'.includes(character)) depth++;
    else if (']}'.includes(character)) depth--;
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)].map((part) => part.trim());
}

/** Whether a quote after this text begins a quoted value: inside a word it is an apostrophe. */
const opensValue = (before: string) => /(^|[[{,:])\s*$/.test(before);
