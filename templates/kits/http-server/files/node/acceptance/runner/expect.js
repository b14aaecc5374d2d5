// What a step expects of an answer, in the order in which it is checked: see FORMAT.md, "expect".

import { setTimeout as sleep } from 'node:timers/promises';

import { Failure, mismatch } from './failure.js';
import { difference, show } from './json.js';

const LOG_SECONDS = 2;
const CLOSED_SECONDS = 3;

/**
 * @typedef {object} Context
 * @property {import('./server.js').Server} server
 * @property {import('./client.js').Connection} connection
 */

/**
 * Throws a Failure unless the answer is as it is expected.
 *
 * @param {any} expect
 * @param {import('./client.js').Answer} answer
 * @param {Context} context
 */
export async function check(expect, answer, { server, connection }) {
  if (!asList(expect.status).includes(answer.status)) {
    throw mismatch(statusWords(expect.status), String(answer.status), answer);
  }
  for (const [name, rule] of Object.entries(expect.headers ?? {})) checkHeader(name, rule, answer);
  if ('json' in expect) checkJson(expect.json, answer);
  if ('body' in expect) checkBody(expect.body, answer);
  if ('html_title' in expect) checkTitle(expect.html_title, answer);
  for (const sample of expect.metrics ?? []) checkMetric(sample, answer);
  if ('log' in expect) await checkLog(expect.log, server);
  for (const text of expect.log_lacks ?? []) {
    if (server.lines.some((line) => line.includes(text))) {
      throw new Failure(`expected no line on stderr with ${show(text)}, got one`);
    }
  }
  if (expect.closed && !(await connection.closing(CLOSED_SECONDS))) {
    throw mismatch(`the connection to be closed within ${CLOSED_SECONDS} seconds`, 'an open connection', answer);
  }
}

/** @param {number | number[]} status */
export function statusWords(status) {
  return `status ${asList(status).join(' or ')}`;
}

/** A JSON body as a value. @param {import('./client.js').Answer} answer */
export function jsonOf(answer) {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer.body));
  } catch {
    throw mismatch('a body of JSON in UTF-8', excerpt(answer), answer);
  }
}

/** @type {(name: string, rule: any, answer: import('./client.js').Answer) => void} */
function checkHeader(name, rule, answer) {
  const value = answer.header(name);
  if (rule === null) {
    if (value !== undefined) throw mismatch(`no header ${name}`, show(value), answer);
    return;
  }
  const [kind, operand] = typeof rule === 'string' ? ['is', rule] : Object.entries(rule)[0];
  const { holds, words } = HEADER_RULES[kind] ?? unknown(kind);
  if (value === undefined) throw mismatch(`header ${name}`, 'none', answer);
  if (!holds(value, operand)) throw mismatch(`header ${name} ${words} ${show(operand)}`, show(value), answer);
}

/** @type {Record<string, { words: string, holds: (value: string, operand: any) => boolean }>} */
const HEADER_RULES = {
  is: { words: 'to be', holds: (value, operand) => value === operand },
  media_type: {
    words: 'to be of the media type',
    holds: (value, operand) => value.split(';')[0].trim().toLowerCase() === operand.toLowerCase(),
  },
  starts: { words: 'to begin with', holds: (value, operand) => value.startsWith(operand) },
  contains: {
    words: 'to contain',
    holds: (value, operand) => value.toLowerCase().includes(operand.toLowerCase()),
  },
  tokens: {
    words: 'to list exactly',
    holds: (value, operand) => String(tokensOf(value).sort()) === String([...operand].sort()),
  },
  includes: {
    words: 'to list',
    holds: (value, operand) => {
      const tokens = tokensOf(value.toLowerCase());
      return operand.every((/** @type {string} */ one) => tokens.includes(one.toLowerCase()));
    },
  },
  not: { words: 'not to be', holds: (value, operand) => value !== operand },
};

/** @param {string} value */
function tokensOf(value) {
  return value.split(',').map((token) => token.trim());
}

/** @type {(wanted: any, answer: import('./client.js').Answer) => void} */
function checkJson(wanted, answer) {
  const unlike = difference(wanted, jsonOf(answer));
  if (!unlike) return;
  const place = unlike.pointer === '' ? 'the body' : `${unlike.pointer} in the body`;
  throw mismatch(`${place} to be ${unlike.wanted}`, unlike.found, answer);
}

/** @type {(wanted: any, answer: import('./client.js').Answer) => void} */
function checkBody(wanted, answer) {
  const text = answer.body.toString();
  if (typeof wanted === 'string') {
    if (text !== wanted) throw mismatch(`the body to be ${show(wanted)}`, excerpt(answer), answer);
  } else if (wanted.empty) {
    if (answer.body.length > 0) throw mismatch('an empty body', `${answer.body.length} bytes`, answer);
  } else {
    for (const part of wanted.contains) {
      if (!text.includes(part)) throw mismatch(`the body to contain ${show(part)}`, excerpt(answer), answer);
    }
  }
}

/** @type {(wanted: string, answer: import('./client.js').Answer) => void} */
function checkTitle(wanted, answer) {
  const title = /<title>([^]*?)<\/title>/i.exec(answer.body.toString())?.[1];
  const found = title?.replace(/&(#?\w+);/g, (whole, name) => characterOf(name) ?? whole).trim();
  if (found !== wanted) throw mismatch(`the title of the page to be ${show(wanted)}`, show(found), answer);
}

/** The character that a reference of HTML stands for. @param {string} name */
function characterOf(name) {
  const number = /^#(?:x([0-9a-f]+)|([0-9]+))$/i.exec(name);
  if (number) return String.fromCodePoint(number[1] ? Number.parseInt(number[1], 16) : Number(number[2]));
  return CHARACTERS.get(name);
}

const CHARACTERS = new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }));

/** @type {(wanted: any, answer: import('./client.js').Answer) => void} */
function checkMetric({ name, labels, value }, answer) {
  const found = samplesOf(answer.body.toString()).filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, label]) => sample.labels[key] === label),
  );
  const what = `${name}${show(labels)}`;
  if (found.length > 1) throw mismatch(`one sample ${what}`, String(found.length), answer);
  const number = found.length === 0 && value === 0 ? 0 : found[0]?.value;
  if (number !== value) throw mismatch(`${what} to be ${value}`, show(number), answer);
}

/** The samples of a text in the format of Prometheus. @param {string} text */
function samplesOf(text) {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name = line, list = '', value = ''] = /^([\w:]+)\s*(?:\{(.*)\})?\s*(\S+)/.exec(line) ?? [];
    const pairs = list.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g);
    const labels = Array.from(pairs, ([, key, label]) => [
      key,
      label.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character)),
    ]);
    return { name, labels: Object.fromEntries(labels), value: Number(value) };
  });
}

/** @type {(wanted: any, server: import('./server.js').Server) => Promise<void>} */
async function checkLog(wanted, server) {
  const deadline = Date.now() + LOG_SECONDS * 1000;
  for (;;) {
    if (server.lines.some((line) => difference(wanted, objectIn(line)) === undefined)) return;
    if (Date.now() > deadline) break;
    await sleep(20);
  }
  const last = server.lines.at(-1);
  throw mismatch(
    `a line on stderr that matches ${show(wanted)} within ${LOG_SECONDS} seconds`,
    last === undefined ? 'no line' : `${server.lines.length} others, the last of them ${show(last)}`,
  );
}

/** @param {string} line */
function objectIn(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** @param {import('./client.js').Answer} answer */
function excerpt({ body }) {
  const text = body.toString();
  return show(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

/** @template T @param {T | T[]} value @returns {T[]} */
function asList(value) {
  return Array.isArray(value) ? value : [value];
}

/** @param {string} kind @returns {never} */
function unknown(kind) {
  throw new Error(`the case has an unknown header rule \`${kind}\``);
}
