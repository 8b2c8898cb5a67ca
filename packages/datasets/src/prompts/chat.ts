import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Chat, Prompt } from '../contract.js';
import { CHAT } from '../contract.js';

/**
 * The model's own chat template: instruction, and input after an empty line, are the user's turn; the output is the
 * assistant's, ended by the EOS that encoding adds.
 *
 * `system`: a system message before the user's; none by default.
 * `chat`: messages → text, the tokenizer's.
 */
export function chatPrompt({ chat, system }: { readonly chat: Chat; readonly system?: string | undefined }): Prompt {
  return {
    name: 'chat',
    format: ({ instruction, input, output }) => {
      const user = { role: 'user', content: [instruction, input].filter(Boolean).join('\n\n') } as const;
      const messages = system === undefined ? [user] : [{ role: 'system', content: system } as const, user];
      return { prompt: chat(messages, true), response: output };
    },
  };
}

/** Factory of {@link chatPrompt}; takes the template from the container. */
export const chatPromptFactory = defineStrategy({
  kind: 'prompt',
  name: 'chat',
  summary: 'The model’s own chat template.',
  optionsSchema: z.strictObject({ system: z.string().optional() }),
  requires: { chat: CHAT },
  make: ({ system }, dependencies) => chatPrompt({ chat: dependencies.chat as Chat, system }),
});
