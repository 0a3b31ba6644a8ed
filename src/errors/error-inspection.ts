/** The method that `util.inspect`, and so `console.log`, calls to get the view of an object. */
export const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * Marks errors of this library, which {@link shownError} leaves unchanged. Shared by the ESM and the CommonJS build.
 */
export const SHOWS_ITSELF = Symbol.for("coatcheck.showsItself");

// Fields that say where an error came from. Any other field that clients add to their errors may be a secret. Such a
// field may be the request with its headers and its signed URL, the response with its body, or the configuration with
// its keys.
const FACTS = ["code", "errno", "syscall", "status", "statusCode", "httpStatus", "requestId", "attempts"];

const MAX_DEPTH = 10;

/**
 * Returns the view of an error of this library for `util.inspect`: its stack, and the given fields. For its causes, at
 * every level, the view has only name, message and stack, and facts such as a code or a status.
 */
export function shownError(error: Error, fields: Readonly<Record<string, unknown>>): Error {
  return shown(error, fields, 0);
}

function shown(error: Error, fields: Readonly<Record<string, unknown>>, depth: number): Error {
  const view = new Error(error.message);
  const hide = (name: string, value: unknown): unknown => Object.defineProperty(view, name, { value });
  hide("stack", error.stack);
  // A name besides the one in the stack would be shown twice.
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

// Also recognises errors of another realm. Node's own errors are from another realm when code runs in a vm context.
function isError(value: object): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}
