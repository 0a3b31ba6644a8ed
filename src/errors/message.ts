// A path that fits a store is shorter. What is longer is cut. One of an unknown scheme may be anything, a URL with a password.
const MAX_LENGTH = 1100;

interface Facts {
  readonly operation?: string | undefined;
  readonly store?: string | undefined;
  readonly path?: string | undefined;
}

/**
 * The message of an error, for whoever sees nothing else: its text, and what of code, operation, store and path the text
 * does not say itself. An error of no store and no path, such as one of the payload or the options, keeps its text.
 */
export function fullMessage(code: string, text: string, details: Facts): string {
  const { operation, store } = details;
  // A path may be no string: the text says so.
  const path = typeof details.path === "string" ? details.path : undefined;
  if (store === undefined && path === undefined) return text;
  const facts = [
    ...(text.includes(code) ? [] : [code]),
    ...(operation === undefined ? [] : [operation]),
    ...(store === undefined || text.includes(`store ${JSON.stringify(store)}`) ? [] : [`store ${shown(store)}`]),
    ...(path === undefined || code === "UNKNOWN_SCHEME" || text.includes(path) ? [] : [`path ${shown(path)}`]),
  ];
  return facts.length === 0 ? text : `${text} [${facts.join(", ")}]`;
}

function shown(text: string): string {
  return JSON.stringify(text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text);
}
