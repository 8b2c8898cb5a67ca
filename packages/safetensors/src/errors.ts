import { defineErrors } from '@perfit/strategy';

/** Everything that can be wrong with a safetensors file or with writing one. */
export const errors = defineErrors('safetensors', {
  unreadable: 'The file cannot be opened or read.',
  truncated: 'The file ends before the header or the tensors that it announces.',
  'bad-header': 'The header is not what the format asks for: its length, its JSON, or its metadata.',
  'bad-tensor': 'A tensor has an unknown element type, a bad shape, or bytes that do not fit its shape.',
  'bad-offsets': 'The tensors do not cover the data exactly: a gap, an overlap, or bytes left over.',
  'duplicate-name': 'Two tensors have the same name.',
  'unknown-tensor': 'The file holds no tensor of that name.',
  closed: 'A tensor was read after the file was closed.',
  'not-float': 'A tensor of integers was asked for as floating-point numbers.',
  unwritable: 'The file cannot be written.',
});
