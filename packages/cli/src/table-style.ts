import colors from 'picocolors';

/** Colours of tables; none where output is piped. */
export const tableStyle =
  colors.isColorSupported && process.stdout.isTTY ? { head: ['bold'], border: ['gray'] } : { head: [], border: [] };

/** No lines between rows. */
export const tableChars = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
