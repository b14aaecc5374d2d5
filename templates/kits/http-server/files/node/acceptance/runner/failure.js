// How a failure is told: see FORMAT.md, "What a failure says".

/** What was expected, and what was found instead. Its place in the case is added by `inCase`. */
export class Failure extends Error {
  /**
   * @param {string} message such as `expected status 200, got 501`
   * @param {import('./client.js').Answer} [answer] the answer that was looked at
   */
  constructor(message, answer) {
    const detail = detailOf(answer);
    super(detail === undefined ? message : `${message}; the answer says: "${detail}"`);
    // Where in the runner this was noticed helps nobody.
    this.stack = this.message;
  }
}

/** @type {(wanted: string, found: string, answer?: import('./client.js').Answer) => Failure} */
export function mismatch(wanted, found, answer) {
  return new Failure(`expected ${wanted}, got ${found}`, answer);
}

/**
 * The failure as the test tells it.
 *
 * @param {unknown} error
 * @param {string} where such as `step 2 of 3, GET /notes: `
 * @param {{ milestone: number, title: string }} file
 * @param {string} [because]
 */
export function inCase(error, where, { milestone, title }, because) {
  const message = error instanceof Failure ? error.message : `the test itself failed: ${error}`;
  const end =
    milestone === 0
      ? 'the server must start and answer GET /health, see README.md'
      : `milestone ${milestone}: ${title}, see docs/milestones/${milestone}.md`;
  return new Failure(`${where}${message} — ${end}${because ? ` — ${because}` : ''}`);
}

/** @param {import('./client.js').Answer} [answer] */
function detailOf(answer) {
  if (!answer?.header('Content-Type')?.startsWith('application/problem+json')) return undefined;
  try {
    const { detail } = JSON.parse(answer.body.toString());
    return typeof detail === 'string' ? detail : undefined;
  } catch {
    return undefined;
  }
}
