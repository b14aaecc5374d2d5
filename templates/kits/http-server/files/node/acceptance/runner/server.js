// The server under test, as a process of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { Failure } from './failure.js';

const START_SECONDS = 10;
const COMMAND = ['src/main.js'];
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Settings that somebody may have made for their own server must not change what is tested. */
const SETTINGS = ['HOST', 'PORT', 'MAX_BODY_BYTES', 'REQUEST_TIMEOUT_SECONDS', 'STOP_TIMEOUT_SECONDS'];

export class Server {
  /** The port on which it listens. */
  port = 0;
  /** What it wrote on stderr since it started, line by line. @type {string[]} */
  lines = [];
  #environment;
  /** @type {Failure | undefined} why it did not start; trying again for each case would take very long */
  #failure;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;

  /** @param {Record<string, string>} [environment] */
  constructor(environment = {}) {
    this.#environment = environment;
  }

  /** Starts the process, unless it is running. */
  async start() {
    if (this.#failure) throw this.#failure;
    if (this.#process && !this.#hasEnded) return;
    const inherited = Object.entries(process.env).filter(([name]) => !SETTINGS.includes(name));
    const child = spawn(process.execPath, COMMAND, {
      cwd: ROOT,
      env: { ...Object.fromEntries(inherited), HOST: '127.0.0.1', PORT: '0', ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    this.lines = [];
    const lines = this.lines;
    createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
    try {
      this.port = await listening(child);
    } catch (error) {
      await this.kill();
      this.#failure = new Failure(`${error.message}; on stderr it wrote: ${JSON.stringify(lines.join('\n'))}`);
      throw this.#failure;
    }
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#process?.kill(signal);
  }

  /**
   * Waits until the process ends.
   *
   * @param {number} seconds
   * @returns {Promise<string | undefined>} its exit code, or the signal that ended it; undefined if it still runs
   */
  async ending(seconds) {
    const child = this.#process;
    if (!child) return undefined;
    if (!this.#hasEnded) {
      await once(child, 'exit', { signal: AbortSignal.timeout(seconds * 1000) }).catch(() => {});
    }
    return this.#hasEnded ? String(child.exitCode ?? child.signalCode) : undefined;
  }

  /** Ends the process, and returns when it has ended. */
  async kill() {
    if (!this.#process || this.#hasEnded) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  get #hasEnded() {
    return this.#process?.exitCode !== null || this.#process?.signalCode !== null;
  }
}

/**
 * Waits for the line that says where the server listens.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>} the port
 */
function listening(child) {
  return new Promise((resolve, reject) => {
    const end = (/** @type {() => void} */ settle) => {
      clearTimeout(timer);
      settle();
    };
    const fail = (/** @type {string} */ what) => end(() => reject(new Error(what)));
    const timer = setTimeout(
      () => fail(`expected the server to start within ${START_SECONDS} seconds, got nothing on stdout`),
      START_SECONDS * 1000,
    );
    child.once('error', (error) => fail(`expected the server to start, got ${error.message}`));
    child.once('close', (code, signal) => {
      fail(`expected the server to start, got a process that ended with ${code ?? signal}`);
    });
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).once('line', (line) => {
      const port = /^listening on http:\/\/127\.0\.0\.1:([0-9]+)$/.exec(line);
      const wanted = '`listening on http://127.0.0.1:<port>` on stdout';
      if (port) end(() => resolve(Number(port[1])));
      else fail(`expected ${wanted}, got ${JSON.stringify(line)}`);
    });
  });
}
