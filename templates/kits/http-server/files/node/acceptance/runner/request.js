// Requests of cases, as the bytes that are sent.

/**
 * @typedef {object} Request
 * @property {string} method
 * @property {string} path
 * @property {Record<string, string>} [headers]
 * @property {unknown} [json]
 * @property {string} [body]
 * @property {string} [body_base64]
 */

/** @type {(request: Request, host: string) => Buffer} */
export function bytesOf({ method, path, headers = {}, json, body, body_base64 }, host) {
  const lines = Object.entries(headers);
  const add = (/** @type {string} */ name, /** @type {string} */ value) => {
    if (!lines.some(([given]) => given.toLowerCase() === name.toLowerCase())) lines.push([name, value]);
  };
  let content;
  if (json !== undefined) {
    content = Buffer.from(JSON.stringify(json));
    add('Content-Type', 'application/json');
  } else if (body !== undefined) {
    content = Buffer.from(body);
  } else if (body_base64 !== undefined) {
    content = Buffer.from(body_base64, 'base64');
  }
  add('Host', host);
  if (content) add('Content-Length', String(content.length));
  add('Connection', 'close');
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map((line) => line.join(': ')), '', ''];
  return Buffer.concat([Buffer.from(head.join('\r\n')), content ?? Buffer.alloc(0)]);
}

/** The methods of the requests in the lines of a raw step. @param {string[]} lines */
export function methodsIn(lines) {
  return lines.flatMap((line) => /^([A-Z]+) \S+ HTTP\/1\.[01]$/.exec(line)?.[1] ?? []);
}
