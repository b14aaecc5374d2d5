// A client that sends exactly what it is told to, and reads answers byte by byte.

import { connect } from 'node:net';

const ANSWER_SECONDS = 5;

/** Why there is no answer, in words that fit after `got`. */
export class NoAnswer extends Error {}

/** An answer as it came. */
export class Answer {
  /**
   * @param {number} status
   * @param {[name: string, value: string][]} headers
   */
  constructor(status, headers) {
    this.status = status;
    this.headers = headers;
    /** @type {Buffer} */
    this.body = Buffer.alloc(0);
  }

  /**
   * The value of a header, joined with commas where it comes more than once.
   *
   * @param {string} name
   * @returns {string | undefined}
   */
  header(name) {
    const values = this.headers.filter(([one]) => one.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
    return values.length > 0 ? values.join(', ') : undefined;
  }
}

/** One connection to the server. */
export class Connection {
  #socket;
  /** @type {Buffer} what has come and is not read yet */
  #received = Buffer.alloc(0);
  #ended = false;
  #wake = () => {};

  /** @param {number} port */
  constructor(port) {
    this.#socket = connect({ port, host: '127.0.0.1' });
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    // What goes wrong ends in `close`, and that is all there is to know.
    this.#socket.on('error', () => {});
    for (const event of ['end', 'close']) {
      this.#socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  /** Whether the server has closed the connection, or refused it. */
  get closed() {
    return this.#ended;
  }

  /** Whether anything has come from the server. */
  get silent() {
    return this.#received.length === 0;
  }

  /** @param {Buffer | string} bytes text is sent in UTF-8 */
  send(bytes) {
    if (!this.#ended) this.#socket.write(bytes);
  }

  close() {
    this.#socket.destroy();
  }

  /**
   * The next answer on this connection.
   *
   * @param {object} [options]
   * @param {string} [options.method] of the request that it answers
   * @param {boolean} [options.last] nothing else is read from the connection afterwards
   * @param {number} [options.seconds] how long it may take
   * @returns {Promise<Answer>}
   */
  async answer({ method = 'GET', last = false, seconds = ANSWER_SECONDS } = {}) {
    const deadline = Date.now() + seconds * 1000;
    const late = new NoAnswer(`no answer within ${seconds} second${seconds === 1 ? '' : 's'}`);
    /** Takes as many bytes as `enough` says, once they are there; null if the connection ends before. */
    const take = async (/** @type {(bytes: Buffer) => number | undefined} */ enough) => {
      for (;;) {
        const length = enough(this.#received);
        if (length !== undefined && length <= this.#received.length) {
          const taken = this.#received.subarray(0, length);
          this.#received = this.#received.subarray(length);
          return taken;
        }
        if (this.#ended) return null;
        if (!(await this.#change(deadline))) throw late;
      }
    };
    const line = async () => {
      const taken = await take((bytes) => (bytes.includes('\n') ? bytes.indexOf('\n') + 1 : undefined));
      return taken?.toString('latin1').replace(/\r?\n$/, '') ?? null;
    };
    const upTo = async (/** @type {number} */ length) => {
      const taken = await take(() => length);
      if (taken) return taken;
      throw new NoAnswer(`a body cut off after ${this.#received.length} of ${length} bytes`);
    };
    const upToEnd = async () => {
      while (!this.#ended) {
        if (!(await this.#change(deadline))) throw late;
      }
      return this.#received;
    };

    /** @type {Answer | undefined} */
    let answer;
    // An answer that begins with 1 only says that another one follows.
    while (!answer || answer.status < 200) answer = await readHead(line);

    if (method === 'HEAD' || answer.status === 204 || answer.status === 304) {
      if (last) answer.body = await upToEnd();
    } else if (answer.header('Transfer-Encoding')?.toLowerCase() === 'chunked') {
      answer.body = await readChunks(line, upTo);
    } else if (answer.header('Content-Length') !== undefined) {
      answer.body = await upTo(Number(answer.header('Content-Length')));
    } else {
      answer.body = await upToEnd();
    }
    return answer;
  }

  /**
   * Waits until the server closes the connection, whatever it sends before.
   *
   * @param {number} seconds
   * @returns {Promise<boolean>} whether it did in time
   */
  async closing(seconds) {
    const deadline = Date.now() + seconds * 1000;
    while (!this.#ended) {
      if (!(await this.#change(deadline))) return false;
    }
    return true;
  }

  /**
   * Waits for bytes or the end of the connection.
   *
   * @param {number} deadline
   * @returns {Promise<boolean>} false when it is too late
   */
  #change(deadline) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), Math.max(0, deadline - Date.now()));
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

/** @typedef {() => Promise<string | null>} ReadLine */

/** @param {ReadLine} line */
async function readHead(line) {
  const closed = new NoAnswer('a closed connection');
  const first = await line();
  if (first === null) throw closed;
  const status = /^HTTP\/1\.[01] ([0-9]{3})(?: |$)/.exec(first);
  if (!status) throw new NoAnswer(`${JSON.stringify(first)}, which is no status line`);
  /** @type {[string, string][]} */
  const headers = [];
  for (;;) {
    const header = await line();
    if (header === null) throw closed;
    if (header === '') return new Answer(Number(status[1]), headers);
    const colon = header.indexOf(':');
    headers.push([header.slice(0, colon).trim(), header.slice(colon + 1).trim()]);
  }
}

/** @type {(line: ReadLine, upTo: (length: number) => Promise<Buffer>) => Promise<Buffer>} */
async function readChunks(line, upTo) {
  const chunks = [];
  const cutOff = new NoAnswer('a chunked body that is cut off');
  for (;;) {
    const size = await line();
    if (size === null) throw cutOff;
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    chunks.push(await upTo(length));
    await line();
  }
  for (let trailer = await line(); trailer !== ''; trailer = await line()) {
    if (trailer === null) throw cutOff;
  }
  return Buffer.concat(chunks);
}
