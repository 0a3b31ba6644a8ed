// A path that fits a store is shorter. What is longer is cut. One of an unknown scheme may be anything, a URL with a password.
const MAX_LENGTH = 1100;

/** What to do, by the code of an error. For the errors of stores, which say what happened in one sentence. */
const ADVICE: Readonly<Record<string, string>> = {
  CONTAINER_NOT_FOUND: "Make it, or correct its name.",
  ALREADY_EXISTS: "Take what is there, or write to another path.",
  PRECONDITION_FAILED: "Read it again, and decide anew.",
  PERMISSION_DENIED: "Give this process the right to it.",
  INSUFFICIENT_STORAGE: "Make room, and call again.",
  UNSUPPORTED: "Ask the capability of the store first, or use another store.",
  INTEGRITY: "Call again. If that fails too, restore the object, or dehydrate the payload again.",
  THROTTLED: "Call again later.",
  UNAVAILABLE: "Call again. If that fails too, see whether the service runs and can be reached.",
  TIMEOUT: "Call again, raise the time limit, or see why the store is slow.",
};

// A second sentence, or what follows a colon, says what to do. That the text names its place does not.
const ADVISES = /[:;] |\. (?!It is about )/;

interface Facts {
  readonly operation?: string | undefined;
  readonly store?: string | undefined;
  readonly path?: string | undefined;
}

/**
 * The message of an error, for whoever sees nothing else: its text, what to do about its code, and what of code, operation,
 * store and path the text does not say itself. An error of no store and no path, such as one of the payload or the options,
 * keeps its text.
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
  const advice = ADVISES.test(text) ? undefined : ADVICE[code];
  const whole = advice === undefined ? text : `${text} ${advice}`;
  return facts.length === 0 ? whole : `${whole} [${facts.join(", ")}]`;
}

function shown(text: string): string {
  return JSON.stringify(text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text);
}
