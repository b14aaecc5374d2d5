// Answers, as the application makes them: plain values without a socket.

export const JSON_TYPE = 'application/json';
export const HTML_TYPE = 'text/html';
export const TEXT_TYPE = 'text/plain';

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, string>} headers all but those of the connection, and `Content-Length`
 * @property {Buffer} [body] absent where the status allows none
 */

/**
 * An answer with a value as JSON.
 *
 * @param {number} status
 * @param {unknown} value
 * @param {Record<string, string>} [headers]
 * @returns {Answer & { body: Buffer }}
 */
export function json(status, value, headers) {
  return { status, headers: { 'Content-Type': JSON_TYPE, ...headers }, body: Buffer.from(JSON.stringify(value)) };
}

/**
 * An answer with a text.
 *
 * @param {number} status
 * @param {string} type its media type, with parameters
 * @param {string} text
 * @param {Record<string, string>} [headers]
 * @returns {Answer}
 */
export function text(status, type, text, headers) {
  return { status, headers: { 'Content-Type': type, ...headers }, body: Buffer.from(text) };
}

/**
 * 204: done, and there is nothing to say.
 *
 * @param {Record<string, string>} [headers]
 * @returns {Answer}
 */
export function noContent(headers = {}) {
  return { status: 204, headers };
}

/**
 * Look there instead, with the same method and body.
 *
 * @param {number} status
 * @param {string} location
 * @returns {Answer}
 */
export function redirect(status, location) {
  return { status, headers: { Location: location }, body: Buffer.alloc(0) };
}
