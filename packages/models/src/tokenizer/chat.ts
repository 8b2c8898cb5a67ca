import { Template } from '@huggingface/jinja';
import type { Message } from '../contract.js';
import { errors } from '../errors.js';

/** Formats a conversation. */
export type Chat = (messages: readonly Message[], addGenerationPrompt: boolean) => string;

/**
 * A chat template's formatter; `specialTokens` (`bos_token`, `eos_token`, …) are what the template may name.
 *
 * @throws `no-chat-template`, `bad-chat-template`
 */
export function chatWith(template: string | undefined, specialTokens: Readonly<Record<string, string>>): Chat {
  let parsed: Template | undefined;
  return (messages, addGenerationPrompt) => {
    if (template === undefined)
      throw errors.make('no-chat-template', {
        what: 'the model has no chat template',
        cure: 'Format the prompt yourself, or take an instruction-tuned model',
      });
    try {
      parsed ??= new Template(template);
      return parsed.render({ ...specialTokens, messages, add_generation_prompt: addGenerationPrompt });
    } catch (cause) {
      throw errors.make('bad-chat-template', {
        what: `the chat template does not take this conversation: ${(cause as Error).message}`,
        cure: 'Give roles in the order that the model was trained on, or mend the template',
        cause,
      });
    }
  };
}
