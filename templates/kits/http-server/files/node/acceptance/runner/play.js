// Makes tests of the cases: one of each, see FORMAT.md.

import { readFileSync, readdirSync } from 'node:fs';
import { after, describe, it } from 'node:test';

import { Connection, NoAnswer } from './client.js';
import { check, jsonOf, statusWords } from './expect.js';
import { inCase, mismatch } from './failure.js';
import { at } from './json.js';
import { bytesOf, methodsIn } from './request.js';
import { Server } from './server.js';
import { fill } from './variables.js';

const CASES = new URL('../cases/', import.meta.url);

/**
 * @typedef {object} File
 * @property {string} id such as `m1/routes`
 * @property {number} milestone
 * @property {string} title
 * @property {Record<string, string>} [environment]
 * @property {Case[]} cases
 */

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} [because]
 * @property {boolean} [fresh]
 * @property {any[]} steps
 */

/**
 * A test in code, for what data cannot say.
 *
 * @typedef {object} CodedCase
 * @property {string} name
 * @property {string} because
 * @property {Record<string, string>} [environment]
 * @property {boolean} [skip]
 * @property {(server: Server) => Promise<void>} run
 */

/**
 * Makes the tests of all files of a milestone, also of those that somebody has added.
 *
 * @param {number} milestone
 * @param {Record<string, CodedCase[]>} [coded] what stands after the cases of a file, by its id
 */
export function playMilestone(milestone, coded = {}) {
  const names = readdirSync(CASES).filter((name) => name.startsWith(`m${milestone}-`) && name.endsWith('.json'));
  for (const name of names.sort()) {
    const id = name.replace('-', '/').replace(/\.json$/, '');
    const file = { id, ...JSON.parse(readFileSync(new URL(name, CASES), 'utf8')) };
    playFile(file, coded[id] ?? []);
  }
}

/** @type {(file: File, coded: CodedCase[]) => void} */
function playFile(file, coded) {
  describe(file.id, () => {
    const shared = new Server(file.environment);
    after(() => shared.kill());
    for (const one of file.cases) {
      it(one.name, () => (one.fresh ? withServer(file, (server) => play(one, file, server)) : play(one, file, shared)));
    }
    for (const { name, because, environment, skip, run } of coded) {
      it(name, { skip }, async () => {
        try {
          await withServer({ environment }, async (server) => {
            await server.start();
            await run(server);
          });
        } catch (error) {
          throw inCase(error, '', file, because);
        }
      });
    }
  });
}

/** @type {(file: { environment?: Record<string, string> }, run: (server: Server) => Promise<void>) => Promise<void>} */
async function withServer({ environment }, run) {
  const server = new Server(environment);
  try {
    await run(server);
  } finally {
    await server.kill();
  }
}

/** @type {(one: Case, file: File, server: Server) => Promise<void>} */
async function play({ steps, because }, file, server) {
  let where = '';
  try {
    await server.start();
    const variables = new Map([['host', `127.0.0.1:${server.port}`]]);
    for (const [index, step] of steps.entries()) {
      const { request, raw } = fill({ request: step.request, raw: step.raw }, variables);
      where = steps.length > 1 ? `step ${index + 1} of ${steps.length}, ` : '';
      where += raw ? `${raw[0]}: ` : `${request.method} ${request.path}: `;
      const bytes = raw ? raw.join('\r\n') : bytesOf(request, `127.0.0.1:${server.port}`);
      const methods = raw ? methodsIn(raw) : [request.method];
      await playStep(step, bytes, methods, server, variables);
    }
  } catch (error) {
    throw inCase(error, where, file, because);
  }
}

/**
 * @param {any} step
 * @param {Buffer | string} bytes what is sent
 * @param {string[]} methods of the requests in it
 * @param {Server} server
 * @param {import('./variables.js').Variables} variables those that the step saves are added
 */
async function playStep({ expect, save = {} }, bytes, methods, server, variables) {
  const connection = new Connection(server.port);
  try {
    connection.send(bytes);
    const expected = [fill(expect, variables)].flat();
    let answer;
    for (const [index, one] of expected.entries()) {
      answer = await answerFor(one, connection, { method: methods[index], last: expected.length === 1 });
      await check(one, answer, { server, connection });
    }
    for (const [name, place] of Object.entries(save)) {
      variables.set(name, savedValue(place, /** @type {import('./client.js').Answer} */ (answer)));
    }
  } finally {
    connection.close();
  }
}

/**
 * @param {any} expect
 * @param {Connection} connection
 * @param {{ method?: string, last: boolean }} options
 */
async function answerFor(expect, connection, options) {
  try {
    return await connection.answer(options);
  } catch (error) {
    if (error instanceof NoAnswer) throw mismatch(statusWords(expect.status), error.message);
    throw error;
  }
}

/** @type {(place: { header?: string, json?: string }, answer: import('./client.js').Answer) => unknown} */
function savedValue({ header, json }, answer) {
  const [what, value] =
    header !== undefined
      ? [`header ${header}`, answer.header(header)]
      : [`${json} in the body`, at(jsonOf(answer), json ?? '')];
  if (value === undefined) throw mismatch(what, 'none', answer);
  return value;
}
