// Errors that become answers.

import { STATUS_CODES } from 'node:http';

import { json } from './answer.js';

/** An answer that is an error: throw it anywhere, the application sends it as a problem document (RFC 9457). */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} kind the end of `type`, such as `not-found`
   * @param {string} detail what is wrong this time, for a person
   * @param {object} [more]
   * @param {object[]} [more.errors] the single faults
   * @param {Record<string, string>} [more.headers]
   */
  constructor(status, kind, detail, { errors, headers } = {}) {
    super(detail);
    this.status = status;
    this.kind = kind;
    this.errors = errors;
    this.headers = headers;
  }

  /**
   * The answer of a place that a milestone has yet to fill.
   *
   * @param {number} milestone
   * @param {string} what what is to be done there
   */
  static unsolved(milestone, what) {
    return new Problem(501, 'not-implemented', `milestone ${milestone}: ${what}, see docs/milestones/${milestone}.md`);
  }

  /** @returns {import('./answer.js').Answer} */
  toAnswer() {
    const document = {
      type: `/problems/${this.kind}`,
      title: STATUS_CODES[this.status],
      status: this.status,
      detail: this.message,
      errors: this.errors, // JSON.stringify leaves out what is undefined
    };
    return json(this.status, document, { ...this.headers, 'Content-Type': 'application/problem+json' });
  }
}
