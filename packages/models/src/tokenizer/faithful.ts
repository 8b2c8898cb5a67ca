type Json = unknown;

/** Python's Digits splits at every numeric character; the JavaScript library's at ASCII digits only. */
function faithfulDigits(part: Readonly<Record<string, Json>>): Json {
  const pattern = part.individual_digits ? '\\p{N}' : '\\p{N}+';
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}

function faithfulPart(part: Json): Json {
  if (part === null || typeof part !== 'object') return part;
  const record = part as Readonly<Record<string, Json>>;
  if (record.type === 'Digits') return faithfulDigits(record);
  if (!Array.isArray(record.pretokenizers)) return part;
  return { ...record, pretokenizers: record.pretokenizers.map(faithfulPart) };
}

/** A `tokenizer.json` with the parts that the JavaScript library reads otherwise than Python's put into ones it reads alike. */
export function faithful(tokenizer: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
  return { ...tokenizer, pre_tokenizer: faithfulPart(tokenizer.pre_tokenizer) };
}
