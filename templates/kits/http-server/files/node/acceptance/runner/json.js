// JSON: what is compared with what, and where it differs.

/** What a JSON Pointer (RFC 6901) names in a value, or undefined. @type {(value: any, pointer: string) => unknown} */
export function at(value, pointer) {
  const steps = pointer.split('/').slice(1);
  return steps.reduce((found, step) => {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return typeof found === 'object' && found !== null && Object.hasOwn(found, key) ? found[key] : undefined;
  }, value);
}

/**
 * The first place where a value is not as it is wanted.
 *
 * @param {any} wanted
 * @param {any} found undefined where there is nothing
 * @param {string} [pointer] the place of both
 * @returns {{ pointer: string, wanted: string, found: string } | undefined} undefined if all of it matches
 */
export function difference(wanted, found, pointer = '') {
  const unlike = (/** @type {string} */ what, instead = show(found)) => ({ pointer, wanted: what, found: instead });
  const rule = ruleOf(wanted);
  if (rule) {
    const [name, operand] = rule;
    return RULES[name](operand, found) ? undefined : unlike(WORDS[name](operand));
  }
  if (found === undefined) return unlike(show(wanted));
  if (Array.isArray(wanted)) {
    if (!Array.isArray(found)) return unlike('a list');
    if (found.length !== wanted.length) {
      return unlike(`a list of ${wanted.length} elements`, `${found.length} elements`);
    }
    return first(wanted.map((item, index) => () => difference(item, found[index], `${pointer}/${index}`)));
  }
  if (isObject(wanted)) {
    if (!isObject(found)) return unlike('an object');
    return first(
      Object.entries(wanted).map(([key, item]) => {
        const step = key.replaceAll('~', '~0').replaceAll('/', '~1');
        return () => difference(item, Object.hasOwn(found, key) ? found[key] : undefined, `${pointer}/${step}`);
      }),
    );
  }
  return wanted === found ? undefined : unlike(show(wanted));
}

/** A value in a message. @type {(value: unknown) => string} */
export function show(value) {
  return value === undefined ? 'none' : JSON.stringify(value);
}

/** @type {Record<string, (operand: any, found: any) => boolean>} */
const RULES = {
  $exact: (operand, found) => isSame(operand, found),
  $type: (operand, found) => TYPES[operand](found),
  $not: (operand, found) => found !== undefined && difference(operand, found) !== undefined,
  $absent: (operand, found) => found === undefined,
  $length: (operand, found) => lengthOf(found) === operand,
  $contains: (operand, found) =>
    Array.isArray(found) &&
    operand.every((/** @type {unknown} */ one) => found.some((item) => difference(one, item) === undefined)),
};

/** @type {Record<string, (operand: any) => string>} */
const WORDS = {
  $exact: (operand) => `exactly ${show(operand)}`,
  $type: (operand) => `of the type ${operand}`,
  $not: (operand) => `there and not ${show(operand)}`,
  $absent: () => 'absent',
  $length: (operand) => `of length ${operand}`,
  $contains: (operand) => `a list that contains ${show(operand)}`,
};

/** @type {Record<string, (value: unknown) => boolean>} */
const TYPES = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: isObject,
  null: (value) => value === null,
};

/** @param {unknown} value */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @type {(wanted: any) => [name: string, operand: any] | undefined} */
function ruleOf(wanted) {
  if (!isObject(wanted)) return undefined;
  const [entry, ...others] = Object.entries(wanted);
  if (!entry?.[0].startsWith('$') || others.length > 0) return undefined;
  if (!Object.hasOwn(RULES, entry[0])) throw new Error(`the case has an unknown rule \`${entry[0]}\``);
  return entry;
}

/** @type {(a: any, b: any) => boolean} */
function isSame(a, b) {
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isSame(item, b[index]));
  }
  if (!isObject(a)) return a === b;
  const keys = Object.keys(a);
  return (
    isObject(b) &&
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
  );
}

/** Characters of a text are code points, as everywhere in the API. @param {unknown} value */
function lengthOf(value) {
  if (typeof value === 'string') return [...value].length;
  return Array.isArray(value) ? value.length : undefined;
}

/**
 * The first difference that there is; those after it are not looked for.
 *
 * @template T
 * @param {(() => T | undefined)[]} looks
 */
function first(looks) {
  for (const look of looks) {
    const found = look();
    if (found !== undefined) return found;
  }
  return undefined;
}
