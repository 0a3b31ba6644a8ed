/** The method that `util.inspect`, and with it `console.log`, asks for what to show of an object. */
export const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Marks errors of ours, which {@link shownError} leaves to themselves. Shared by the ESM and the CommonJS build. */
export const SHOWS_ITSELF = Symbol.for("coatcheck.showsItself");

// What says where an error came from. All else that clients hang on to their errors may be a secret: the request with its
// headers and its signed URL, the answer with its body, the configuration with its keys.
const FACTS = ["code", "errno", "syscall", "status", "statusCode", "httpStatus", "requestId", "attempts"];

const MAX_DEPTH = 10;

/**
 * What `util.inspect` is to show of an error of ours: its stack and the fields given. Of what it was caused by, it shows
 * name, message and stack, and facts such as a code or a status, all the way down, and nothing else.
 */
export function shownError(error: Error, fields: Readonly<Record<string, unknown>>): Error {
  return shown(error, fields, 0);
}

function shown(error: Error, fields: Readonly<Record<string, unknown>>, depth: number): Error {
  const view = new Error(error.message);
  const hide = (name: string, value: unknown): unknown => Object.defineProperty(view, name, { value });
  hide("stack", error.stack);
  // A name of its own beside that in the stack would be shown twice.
  Object.assign(view, error.stack?.includes(error.name) === true ? {} : { name: error.name }, fields);
  if (depth === MAX_DEPTH) return view;
  const { cause, errors } = error as Partial<AggregateError>;
  if (cause !== undefined) hide("cause", shownCause(cause, depth + 1));
  if (Array.isArray(errors)) {
    hide(
      "errors",
      errors.map((each: unknown) => shownCause(each, depth + 1)),
    );
  }
  return view;
}

function shownCause(cause: unknown, depth: number): unknown {
  if (typeof cause === "function") return "[function]";
  if (typeof cause !== "object" || cause === null) return cause;
  if (SHOWS_ITSELF in cause) return cause;
  return isError(cause) ? shown(cause, factsOf(cause), depth) : "[object]";
}

function factsOf(error: object): Record<string, unknown> {
  const all = FACTS.map((name) => [name, (error as Partial<Record<string, unknown>>)[name]] as const);
  return Object.fromEntries(all.filter(([, value]) => typeof value === "string" || typeof value === "number"));
}

// Of another realm too: Node's own are of another one wherever code runs in a vm context.
function isError(value: object): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}
