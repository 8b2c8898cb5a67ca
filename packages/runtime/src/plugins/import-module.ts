import { pathToFileURL } from 'node:url';

/**
 * Imports a JavaScript file as Node does, a TypeScript file (and the TypeScript files that it imports) with its types
 * taken out, alike on every version of Node; what either imports from packages is Node's own import. Nothing is cached
 * on disk, and no loader stays behind.
 */
export async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (!/\.[mc]?ts$/.test(file)) return import(pathToFileURL(file).href);
  const { createJiti } = await import('jiti');
  const typescript = createJiti(file, {
    // Every other extension goes to Node.
    extensions: ['.ts', '.mts', '.cts'],
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
  });
  return typescript.import(file);
}
