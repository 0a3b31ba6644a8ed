// Maximum length of a path in a message. Paths that fit a store are shorter, and longer ones are cut. A path of an
// unknown scheme may be anything, such as a URL with a password.
const MAX_LENGTH = 1100;

/** Advice by the code of an error. It is added to errors of stores that say what happened in one sentence. */
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

// A second sentence, or text after a colon, gives advice already. A sentence that only names the place is no advice.
const ADVISES = /[:;] |\. (?!It is about )/;

interface Facts {
  readonly operation?: string | undefined;
  readonly store?: string | undefined;
  readonly path?: string | undefined;
}

/**
 * Returns the message of an error for a reader who sees nothing else. It joins the text, advice for the code, and the
 * facts that the text lacks: code, operation, store and path. Only errors of stores get advice, since other texts have
 * their own. A text without any facts stays as it is.
 */
export function fullMessage(code: string, text: string, details: Facts): string {
  const { operation, store } = details;
  // A path may be something else than a string. Then the text says so.
  const path = typeof details.path === "string" ? details.path : undefined;
  if ((store ?? path ?? operation) === undefined) return text;
  const facts = [
    ...(text.includes(code) ? [] : [code]),
    ...(operation === undefined ? [] : [operation]),
    ...(store === undefined || text.includes(`store ${JSON.stringify(store)}`) ? [] : [`store ${shown(store)}`]),
    ...(path === undefined || code === "UNKNOWN_SCHEME" || text.includes(path) ? [] : [`path ${shown(path)}`]),
  ];
  const advice = (store ?? path) === undefined || ADVISES.test(text) ? undefined : ADVICE[code];
  const whole = advice === undefined ? text : `${text} ${advice}`;
  return facts.length === 0 ? whole : `${whole} [${facts.join(", ")}]`;
}

function shown(text: string): string {
  return JSON.stringify(text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text);
}
