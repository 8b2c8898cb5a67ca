export { errors as cliErrors } from './errors.js';
export { createProgram, main } from './main.js';
