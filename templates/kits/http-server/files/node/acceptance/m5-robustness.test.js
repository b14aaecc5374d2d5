import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

import { Connection, NoAnswer } from './runner/client.js';
import { jsonOf, statusWords } from './runner/expect.js';
import { Failure, mismatch } from './runner/failure.js';
import { playMilestone } from './runner/play.js';
import { bytesOf } from './runner/request.js';

/**
 * @typedef {import('./runner/server.js').Server} Server
 * @typedef {import('./runner/client.js').Answer} Answer
 * @typedef {import('./runner/request.js').Request} Request
 */

// There are no signals there that a process could answer.
const skip = process.platform === 'win32';

// What these do and say stands in FORMAT.md, "Cases in code".
playMilestone(5, {
  'm5/robustness': [
    {
      name: '100 parallel writers lose no note',
      because: 'a note was lost: taking an id and storing the note must be one step',
      run: parallelWriters,
    },
    {
      name: 'of 20 writers with the same If-Match one wins',
      because: 'a change was lost: comparing the tag and storing the note must be one step',
      run: writersWithTheSameTag,
    },
    {
      name: 'a slow client is cut off',
      because: 'a client that never ends its request holds a connection and a thread for nothing',
      environment: { REQUEST_TIMEOUT_SECONDS: '1' },
      run: slowClient,
    },
    {
      name: 'twenty slow clients do not hold up the others',
      because: 'one slow client must not stop the rest',
      environment: { REQUEST_TIMEOUT_SECONDS: '2' },
      run: twentySlowClients,
    },
    {
      name: 'a stop lets the request in flight finish',
      because: 'a deployment stops the old process while requests are under way',
      skip,
      run: stopWithRequestInFlight,
    },
    {
      name: 'a stop does not wait for idle connections',
      because: 'a browser keeps connections open that it does not use',
      skip,
      run: stopWithIdleConnections,
    },
  ],
});

/** @param {Server} server */
async function parallelWriters(server) {
  const titles = Array.from({ length: 100 }, (_, index) => `parallel ${index}`);
  const answers = await Promise.all(
    titles.map((title) => {
      const request = { method: 'POST', path: '/notes', json: { title, tags: ['parallel'] } };
      return ask(server, request, { status: 201, seconds: 10 });
    }),
  );
  const ids = new Set(answers.map((answer) => jsonOf(answer).id));
  if (ids.size !== 100) throw mismatch('100 different ids', String(ids.size));

  const path = '/notes?tag=parallel&limit=100';
  const list = await ask(server, { method: 'GET', path }, { status: 200, seconds: 10 });
  const { notes } = jsonOf(list);
  const found = new Set(notes.map((/** @type {{ title: string }} */ note) => note.title));
  const kept = titles.filter((title) => found.has(title)).length;
  if (kept !== 100 || notes.length !== 100) throw mismatch('100 notes', String(Math.min(kept, notes.length)));
}

/** @param {Server} server */
async function writersWithTheSameTag(server) {
  for (let round = 0; round < 10; round += 1) {
    const made = await ask(server, { method: 'POST', path: '/notes', json: { title: 'before' } }, { status: 201 });
    const path = `/notes/${jsonOf(made).id}`;
    const tag = (await ask(server, { method: 'GET', path }, { status: 200 })).header('ETag');
    if (tag === undefined) throw mismatch('header ETag', 'none');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const request = { method: 'PUT', path, headers: { 'If-Match': tag }, json: { title: `writer ${index}` } };
        return ask(server, request, { status: [200, 412], seconds: 10 });
      }),
    );
    const changes = answers.filter(({ status }) => status === 200).length;
    if (changes !== 1) throw mismatch('1 change', String(changes));
  }
}

/** @param {Server} server */
async function slowClient(server) {
  const connection = new Connection(server.port);
  try {
    connection.send(headOfPost(100));
    const trickle = setInterval(() => connection.send('x'), 200);
    const answer = await connection
      .answer({ seconds: 5 })
      .catch(lateness)
      .finally(() => clearInterval(trickle));
    if (answer === 'late') {
      throw mismatch('408 or a closed connection within 5 seconds', 'an open connection');
    }
    if (answer !== 'closed' && answer.status !== 408) throw mismatch('status 408', String(answer.status), answer);
  } finally {
    connection.close();
  }
}

/** @param {Server} server */
async function twentySlowClients(server) {
  const started = Date.now();
  const connections = Array.from({ length: 20 }, () => new Connection(server.port));
  try {
    for (const connection of connections) connection.send(headOfPost(100));
    for (let count = 0; count < 5; count += 1) {
      const expected = { status: 200, seconds: 1, words: 'status 200 within 1 second' };
      await ask(server, { method: 'GET', path: '/health' }, expected);
    }
    const seconds = 6 - (Date.now() - started) / 1000;
    const ends = await Promise.all(connections.map((connection) => connection.answer({ seconds }).catch(lateness)));
    const closed = ends.filter((end) => end === 'closed' || (end !== 'late' && end.status === 408)).length;
    if (closed !== 20) throw mismatch('20 closed connections', String(closed));
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** @param {Server} server */
async function stopWithRequestInFlight(server) {
  const body = JSON.stringify({ title: 'in flight' });
  const connection = new Connection(server.port);
  try {
    connection.send(headOfPost(body.length) + body.slice(0, 10));
    await sleep(200);
    server.signal('SIGTERM');
    await sleep(300);
    if (await isAnswered(server)) throw mismatch('no new connections after SIGTERM', 'an answer');
    connection.send(body.slice(10));
    await answerWith(connection, { status: 201 });
    await endsWell(server, 5);
  } finally {
    connection.close();
  }
}

/** @param {Server} server */
async function stopWithIdleConnections(server) {
  const used = new Connection(server.port);
  const unused = new Connection(server.port);
  try {
    used.send(bytesOf({ method: 'GET', path: '/health', headers: { Connection: 'keep-alive' } }, hostOf(server)));
    await answerWith(used, { status: 200 });
    server.signal('SIGTERM');
    await endsWell(server, 3);
  } finally {
    used.close();
    unused.close();
  }
}

/**
 * @typedef {object} Expected
 * @property {number | number[]} status
 * @property {number} [seconds] how long the answer may take
 * @property {string} [words] what is expected, in a failure
 */

/**
 * One request over a new connection.
 *
 * @type {(server: Server, request: Request, expected: Expected) => Promise<Answer>}
 */
async function ask(server, request, expected) {
  const connection = new Connection(server.port);
  try {
    connection.send(bytesOf(request, hostOf(server)));
    return await answerWith(connection, expected);
  } finally {
    connection.close();
  }
}

/** @type {(connection: Connection, expected: Expected) => Promise<Answer>} */
async function answerWith(connection, { status, seconds, words = statusWords(status) }) {
  const answer = await connection.answer({ seconds }).catch((error) => {
    throw error instanceof NoAnswer ? mismatch(words, error.message) : error;
  });
  if (![status].flat().includes(answer.status)) throw mismatch(words, String(answer.status), answer);
  return answer;
}

/** What became of a connection that has not been answered. @type {(error: unknown) => 'late' | 'closed'} */
function lateness(error) {
  if (!(error instanceof NoAnswer)) throw error;
  return error.message.startsWith('no answer') ? 'late' : 'closed';
}

/** Whether the server still takes new connections. @param {Server} server */
async function isAnswered(server) {
  const connection = new Connection(server.port);
  connection.send(bytesOf({ method: 'GET', path: '/health' }, hostOf(server)));
  const answer = await connection.answer({ seconds: 1 }).catch(lateness);
  connection.close();
  return typeof answer !== 'string';
}

/** @type {(server: Server, seconds: number) => Promise<void>} */
async function endsWell(server, seconds) {
  const code = await server.ending(seconds);
  if (code === undefined) {
    throw new Failure(`expected the process to end within ${seconds} seconds, got a running process`);
  }
  if (code !== '0') throw mismatch('exit code 0', code);
}

/** @param {number} length of the body */
function headOfPost(length) {
  const headers = ['Host: 127.0.0.1', 'Content-Type: application/json', `Content-Length: ${length}`];
  return ['POST /notes HTTP/1.1', ...headers, '', ''].join('\r\n');
}

/** @param {Server} server */
function hostOf({ port }) {
  return `127.0.0.1:${port}`;
}
