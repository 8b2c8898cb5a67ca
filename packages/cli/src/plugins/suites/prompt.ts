/// <reference types="jest" />
import type { Prompt, Row } from '@perfit/datasets';

const rows: readonly Row[] = [
  { instruction: 'Name the capital.', input: 'France', output: 'Paris it is' },
  { instruction: 'Say hi.', output: 'hi there' },
  { instruction: 'Zwei Zeilen:\nbitte', input: '', output: 'eins\nzwei ✓' },
];

/**
 * The contract of every {@link Prompt}, as a jest suite: instruction and input in the prompt, the output in the response
 * and nowhere else.
 *
 * @param make makes the prompt; called for every test.
 */
export function testPrompt(make: () => Prompt): void {
  test('shows the instruction and the input', () => {
    for (const row of rows) {
      const { prompt } = make().format(row);
      expect(prompt).toContain(row.instruction);
      expect(prompt).toContain(row.input ?? '');
    }
  });

  test('does not show the output before the response', () => {
    for (const row of rows) expect(make().format(row).prompt).not.toContain(row.output);
  });

  test('responds with the output', () => {
    for (const row of rows) expect(make().format(row).response).toContain(row.output);
  });

  test('is decided by the row alone, and leaves it as it is', () => {
    for (const row of rows) {
      const frozen = Object.freeze({ ...row });
      expect(make().format(frozen)).toEqual(make().format(frozen));
    }
  });

  test('does not read whose row it is', () => {
    for (const row of rows)
      expect(make().format({ ...row, client: 'one', task: 'two', category: 'three' })).toEqual(make().format(row));
  });
}
