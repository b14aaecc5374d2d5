// Runs the acceptance tests: `node acceptance/run.js`.
//
// The smoke test and the tests of the milestones that are reached must pass: this is what `milestone.cfg` says, or
// `--milestones 3`, for example.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = new URL('../', import.meta.url);

/** @returns {number} the last milestone whose tests run */
function milestones() {
  const { values } = parseArgs({ options: { milestones: { type: 'string' } } });
  if (values.milestones !== undefined) {
    if (/^[0-9]+$/.test(values.milestones)) return Number(values.milestones);
    throw new Error(`--milestones must be a whole number, not \`${values.milestones}\``);
  }
  const line = /^\s*milestone\s*=\s*([0-9]+)\s*$/m.exec(readFileSync(new URL('milestone.cfg', root), 'utf8'));
  if (line) return Number(line[1]);
  throw new Error('milestone.cfg must have a line such as `milestone = 3`');
}

/** @type {(last: number) => string[]} */
function testFiles(last) {
  return readdirSync(new URL('acceptance/', root))
    .filter((name) => Number(/^m([0-9]+)-.*\.test\.js$/.exec(name)?.[1] ?? Infinity) <= last)
    .sort()
    .map((name) => `acceptance/${name}`);
}

/** @returns {number} the exit code */
function main() {
  let files;
  try {
    files = testFiles(milestones());
  } catch (error) {
    console.error(error.message);
    return 2;
  }
  mkdirSync(new URL('reports/', root), { recursive: true });
  const { status } = spawnSync(
    process.execPath,
    [
      '--test',
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-reporter=./acceptance/runner/junit.js',
      '--test-reporter-destination=reports/acceptance.xml',
      ...files,
    ],
    { cwd: fileURLToPath(root), stdio: 'inherit' },
  );
  return status ?? 1;
}

process.exitCode = main();
