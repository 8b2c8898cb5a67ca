import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * The blocks of a README that are programs: fenced as `js` or `ts` and beginning with an import. Each is compiled and run,
 * unless its fence says `types-only: reason` (compiled), `no-run: reason` (neither), or `engine` (run where the native
 * engine is installed).
 */
export function readmeExamples(readme, engine) {
  const blocks = [...readFileSync(readme, 'utf8').matchAll(/^```(js|ts)\b([^\n]*)\n(import [\s\S]*?)^```$/gm)];
  return blocks.map(({ index, input, 1: language, 2: flags, 3: code }) => {
    const [, exception, reason] = /(no-run|types-only)\b:?\s*(.*)/.exec(flags) ?? [];
    const lacksEngine = !engine && /^\s*engine\b/.test(flags);
    return {
      language,
      code,
      line: input.slice(0, index).split('\n').length,
      compiled: exception !== 'no-run',
      run: exception === undefined && !lacksEngine,
      reason: lacksEngine ? 'no native engine' : reason,
    };
  });
}

/** Compiles and runs examples in a folder that has their packages; returns what went wrong, as lines. */
export function exampleProblems(examples, folder, typeRoot) {
  const sources = examples
    .filter(({ compiled }) => compiled)
    .map(({ code, language, line }) => {
      const source = join(folder, `readme-${line}.m${language}`);
      writeFileSync(source, code);
      return source;
    });
  return [
    ...examples.filter(({ reason }) => reason === '').map(({ line }) => `README.md:${line}: the fence gives no reason`),
    ...(sources.length === 0 ? [] : typeProblems(folder, sources, typeRoot)),
    ...examples.filter(({ run }) => run).flatMap((example) => runExample(folder, example)),
  ];
}

/** Runs an example in its folder, types stripped. */
function runExample(folder, { code, line }) {
  const program = join(folder, `readme-${line}.run.mjs`);
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
  });
  writeFileSync(program, outputText);
  const { status, signal, stderr } = spawnSync(process.execPath, [program], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 120_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status === 0) return [];
  return [`README.md:${line}: the example ended with ${signal ?? `status ${status}`}\n${stderr.trim()}`];
}

/**
 * Type errors of programs in a folder, as a strict TypeScript user of Node sees them. Declarations of this project's
 * packages are checked too, other packages' are theirs.
 */
function typeProblems(folder, programs, typeRoot) {
  if (!existsSync(join(typeRoot, 'node'))) throw new Error(`no @types/node under ${typeRoot}: run npm ci`);
  const program = ts.createProgram(programs, {
    noEmit: true,
    strict: true,
    allowJs: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts'],
    types: ['node'],
    typeRoots: [typeRoot],
  });
  const ours = program
    .getSourceFiles()
    .filter(({ fileName }) => !fileName.includes('/node_modules/') || fileName.includes('/node_modules/@perfit/'));
  return ours
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(({ file, start, messageText }) => {
      const { line } = file.getLineAndCharacterOfPosition(start);
      return `${file.fileName.replace(folder, '')}:${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
}
