import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/**
 * What the sources say of strategies: the TSDoc of the function that makes each one, and of the members of its options.
 * A factory is found by its summary, which no two strategies share.
 */
export function readSources(root) {
  const files = readdirSync(join(root, 'packages')).flatMap((name) => sourceFiles(join(root, 'packages', name, 'src')));
  const parsed = files.map((path) => parse(root, path));
  const interfaces = new Map(parsed.flatMap(({ interfaces }) => [...interfaces]));
  return {
    /** The maker of the strategy with this summary: its file, name, TSDoc, and the TSDoc of its options. */
    maker: (summary) => {
      for (const file of parsed) {
        const literal = file.strings.get(summary);
        if (!literal) continue;
        const name = makerName(file, literal, parsed);
        const { declaration, path } = name ? findFunction(file, name, parsed) : {};
        return {
          path: path ?? file.path,
          name: name ?? null,
          documentation: declaration ? documentationOf(declaration) : null,
          options: declaration ? optionsOf(declaration, interfaces) : new Map(),
        };
      }
      return null;
    },
    /** The file that holds a text as a string literal. */
    fileWith: (text) => parsed.find(({ strings }) => strings.has(text))?.path ?? null,
    /** The TSDoc of the exported constant whose initialiser holds a text as a string literal. */
    constantWith: (text) => {
      for (const { strings } of parsed) {
        let node = strings.get(text);
        while (node && !ts.isVariableStatement(node)) node = node.parent;
        if (node) return documentationOf(node);
      }
      return null;
    },
  };
}

function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /(?<!\.test|\.d)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function parse(root, path) {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const [functions, interfaces, strings] = [new Map(), new Map(), new Map()];
  const visit = (node) => {
    if (ts.isFunctionDeclaration(node) && node.name) functions.set(node.name.text, node);
    if (ts.isInterfaceDeclaration(node)) interfaces.set(node.name.text, node);
    if (ts.isStringLiteralLike(node)) strings.set(node.text, node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  const packaged = relative(root, path);
  return { path: packaged, package: dirname(packaged).split(/[\\/]/)[1], functions, interfaces, strings };
}

/** The documented function that a factory's call makes its strategy with: `make`'s own, or one that it calls. */
function makerName(file, literal, parsed) {
  let call = literal.parent;
  while (call && !ts.isCallExpression(call)) call = call.parent;
  const definition = literal.parent;
  const make = ts.isPropertyAssignment(definition)
    ? definition.parent.properties.find((property) => property.name?.getText() === 'make')
    : undefined;
  const places = make ? [make.initializer ?? make] : (call?.arguments ?? []);
  const names = [];
  const visit = (node) => {
    if (ts.isIdentifier(node)) names.push(node.text);
    ts.forEachChild(node, visit);
  };
  for (const place of places) visit(place);
  return names.find((name) => {
    const found = findFunction(file, name, parsed).declaration;
    return found && documentationOf(found);
  });
}

function findFunction(file, name, parsed) {
  const near = [file, ...parsed.filter((other) => other !== file && other.package === file.package)];
  const owner = near.find(({ functions }) => functions.has(name));
  return owner ? { declaration: owner.functions.get(name), path: owner.path } : {};
}

/** TSDoc of the members of a maker's first parameter, by name. */
function optionsOf(declaration, interfaces) {
  const [parameter] = declaration.parameters;
  const docs = new Map();
  const take = (type) => {
    if (!type) return;
    if (ts.isTypeReferenceNode(type)) {
      const found = interfaces.get(type.typeName.getText());
      if (!found) return;
      for (const clause of found.heritageClauses ?? [])
        for (const base of clause.types) takeMembers(interfaces.get(base.expression.getText())?.members ?? []);
      takeMembers(found.members);
    } else if (ts.isTypeLiteralNode(type)) takeMembers(type.members);
    else if (ts.isIntersectionTypeNode(type)) type.types.forEach(take);
  };
  const takeMembers = (members) => {
    for (const member of members) {
      const documentation = documentationOf(member);
      if (documentation && member.name) docs.set(member.name.getText(), documentation.text.replace(/\s+/g, ' '));
    }
  };
  take(parameter?.type);
  return docs;
}

/** A TSDoc comment: its text, what it throws, its example. */
function documentationOf(node) {
  const comment = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1);
  if (!comment) return null;
  const lines = comment
    .getText()
    .replace(/^\/\*\*/, '')
    .replace(/\*\/$/, '')
    .split('\n')
    .map((line, i) => (i === 0 ? line.trim() : line.replace(/^\s*\* ?/, '').trimEnd()));
  const blocks = [{ tag: '', lines: [] }];
  for (const line of lines) {
    const tag = /^@(\w+)\s*(.*)$/.exec(line);
    if (tag) blocks.push({ tag: tag[1], lines: [tag[2]] });
    else blocks.at(-1).lines.push(line);
  }
  const texts = (wanted) =>
    blocks.filter(({ tag }) => tag === wanted).map(({ lines: of }) => of.join('\n').replace(/^\n+|\s+$/g, ''));
  return { text: texts('')[0].trim(), throws: texts('throws'), examples: texts('example') };
}
