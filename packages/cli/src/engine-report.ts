import type { EngineReport } from '@perfit/tensorflow';

const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** The lines that `perfit doctor` prints. */
export function reportLines({
  engine,
  node,
  platform,
  cpu,
  gpus,
  memory,
  tools,
  cache,
  lacks,
}: EngineReport): readonly string[] {
  const tool = (found: { readonly path: string; readonly version: string } | null) =>
    found ? `${found.version} (${found.path})` : 'none';
  return [
    `engine    ${engine.kind}${engine.tensorflow ? `, TensorFlow ${engine.tensorflow}` : ''}, ${engine.device}, ${engine.threads} threads: ${engine.why}`,
    `node      ${node}, ${platform}`,
    `cpu       ${cpu.model ?? 'unknown'}: ${cpu.features.join(' ') || 'no known vector features'}`,
    `gpu       ${gpus.join(', ') || 'none'}`,
    `memory    ${gigabytes(memory.free)} free of ${gigabytes(memory.total)}`,
    `python    ${tool(tools.python)}`,
    `compiler  ${tool(tools.compiler)}`,
    `cache     ${cache.path}, ${gigabytes(cache.bytes)}`,
    ...(lacks.length === 0 ? ['nothing is missing'] : lacks.map(({ lack, cure }) => `missing   ${lack}. ${cure}.`)),
  ];
}
