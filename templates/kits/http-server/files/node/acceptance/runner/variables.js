// `${name}` in cases.

const NAME = /\$\{(\w+)\}/g;

/** @typedef {Map<string, unknown>} Variables */

/**
 * A part of a case with its variables filled in. What was filled in is not looked at again.
 *
 * @param {any} value
 * @param {Variables} variables
 * @param {boolean} [typed] a string that is nothing but a variable becomes the value itself, not its text
 * @returns {any}
 */
export function fill(value, variables, typed = false) {
  if (typeof value === 'string') {
    const whole = typed ? /^\$\{(\w+)\}$/.exec(value) : null;
    return whole ? valueOf(whole[1], variables) : value.replace(NAME, (_, name) => String(valueOf(name, variables)));
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, variables, typed));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [fill(key, variables), fill(item, variables, typed || key === 'json')]),
  );
}

/** @type {(name: string, variables: Variables) => unknown} */
function valueOf(name, variables) {
  if (!variables.has(name)) throw new Error(`the case has no variable \`${name}\``);
  return variables.get(name);
}
