// A reporter for `node --test` that writes JUnit XML: https://nodejs.org/api/test.html#custom-reporters
//
// Node's own one puts the word `test` (up to version 22) in the place of the class name, which is half of a test's id,
// and escapes quotation marks twice.

/**
 * @param {AsyncIterable<any>} source the events of the tests
 * @returns {AsyncGenerator<string>}
 */
export default async function* junit(source) {
  /** @type {Map<string, string[]>} suite → its test cases */
  const suites = new Map();
  /** @type {string[]} the suites that the event is in, outermost first */
  const open = [];
  for await (const { type, data } of source) {
    if (type === 'test:start') open[data.nesting] = data.name;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details.type === 'suite') continue;
    const suite = data.nesting > 0 ? open[data.nesting - 1] : 'acceptance';
    const cases = suites.get(suite) ?? [];
    suites.set(suite, [...cases, testCase(suite, data)]);
  }
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n';
  for (const [name, cases] of suites) {
    yield `<testsuite name="${escape(name)}" tests="${cases.length}">\n${cases.join('')}</testsuite>\n`;
  }
  yield '</testsuites>\n';
}

/** @type {(suite: string, data: any) => string} */
function testCase(suite, { name, details, skip }) {
  const seconds = (details.duration_ms / 1000).toFixed(3);
  const attributes = `classname="${escape(suite)}" name="${escape(name)}" time="${seconds}"`;
  const { error } = details;
  let outcome = skip === undefined ? '' : '<skipped/>';
  if (error) outcome = `<failure message="${escape((error.cause ?? error).message)}"/>`;
  return `<testcase ${attributes}>${outcome}</testcase>\n`;
}

/** Text for an attribute. Characters that XML does not have at all are replaced. @param {unknown} text */
function escape(text) {
  return String(text)
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
