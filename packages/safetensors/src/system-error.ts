/** Whether something thrown came from the file system. By its fields: a test runner's realm has an `Error` of its own. */
export function isSystemError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return typeof (thrown as NodeJS.ErrnoException | undefined)?.syscall === 'string';
}
