import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Prompt } from '../contract.js';

/**
 * Alpaca's headings without its preamble: `### Instruction:`, `### Input:` where the row has one, `### Response:`.
 *
 * @example
 * alpacaPrompt().format({ instruction: 'Say hi.', output: 'hi' });
 * // { prompt: '### Instruction:\nSay hi.\n\n### Response:\n', response: 'hi' }
 */
export function alpacaPrompt(): Prompt {
  return {
    name: 'alpaca',
    format: ({ instruction, input, output }) => ({
      prompt: `### Instruction:\n${instruction}\n\n${input ? `### Input:\n${input}\n\n` : ''}### Response:\n`,
      response: output,
    }),
  };
}

/** Factory of {@link alpacaPrompt}. */
export const alpacaPromptFactory = defineStrategy({
  kind: 'prompt',
  name: 'alpaca',
  summary: '“### Instruction:”, “### Input:” and “### Response:”, as Alpaca writes them.',
  optionsSchema: z.strictObject({}),
  make: alpacaPrompt,
});
