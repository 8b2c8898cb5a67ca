/** A cell's text: one line, bars escaped. */
const cell = (text) =>
  String(text)
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|');

/** A table; without rows, nothing. `right`: indices of columns of figures. */
export function table(head, rows, { right = [] } = {}) {
  if (rows.length === 0) return '';
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (right.includes(i) ? '--:' : '---'))), ...rows.map(line)].join('\n');
}

/** A fenced block, its fence longer than any in the text. */
export function fenced(language, text) {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`;
}

/** Inline code, also of text that holds backticks. */
export const code = (text) => (String(text).includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``);

/**
 * Plain text, or TSDoc, as Markdown that VitePress takes as text: outside of code, tags and interpolations are escaped,
 * and so are underscores, which are indices here and never emphasis.
 */
export const prose = (text) =>
  text
    .split(/(``[^`].*?``|`[^`\n]*`)/)
    .map((part, i) => (i % 2 === 1 ? part : escaped(part)))
    .join('');

const escaped = (text) =>
  text
    .replace(/<(?=[a-zA-Z/!?])/g, '&lt;')
    .replaceAll('{{', '&#123;&#123;')
    .replaceAll('_', '\\_');

/** First block of a page whose tables need the whole width. */
export const WIDE = '---\naside: false\npageClass: wide\n---';

/** Blocks of a page, an empty line between them; empty ones are left out. */
export const page = (...blocks) => `${blocks.filter(Boolean).join('\n\n')}\n`;
