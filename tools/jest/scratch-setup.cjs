const { mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** Whatever tests write into the system's folder for temporary files lies in one of their own. */
module.exports = () => {
  process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'perfit-tests-'));
};
