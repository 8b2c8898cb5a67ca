import { code, fenced, prose } from './markdown.mjs';

/** TSDoc as Markdown: `{@link}`s become links where `addressOf` knows the name, indented formulas become blocks. */
export function tsdoc(text, addressOf = () => null) {
  return text
    .split(/\n{2,}/)
    .map((block) => {
      const lines = block.split('\n');
      if (lines.every((line) => line.startsWith('    ')))
        return fenced('text', lines.map((line) => line.slice(4)).join('\n'));
      return linked(block, addressOf);
    })
    .join('\n\n');
}

function linked(block, addressOf) {
  return block
    .split(/(\{@link [^}]+\})/)
    .map((part, i) => {
      if (i % 2 === 0) return prose(part);
      const [name, shown = name] = part.slice(7, -1).split('|');
      const address = addressOf(name.trim());
      return address ? `[${code(shown.trim())}](${address})` : code(shown.trim());
    })
    .join('');
}
