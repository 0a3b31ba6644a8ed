import { isBytes } from "../../bytes/bytes.js";
import { isObject } from "../../json/is-object.js";
import type { ObjectInfo, Store } from "../../store/store.js";

const METHODS: readonly (string | symbol)[] = ["write", "read", "stat", "delete", "list", "copy", "presign", "close"];

// Longer texts are shown by their size.
const MAX_TEXT = 60;

interface LoggedCall {
  readonly text: string;
  state: "pending" | "done" | "failed";
}

/** Records the calls that a case makes, for the message of its failure. */
export class CallLog {
  readonly #calls: LoggedCall[] = [];

  /** @param onProgress called when a call begins or ends */
  constructor(private readonly onProgress: () => void = () => undefined) {}

  /** Returns the store with its calls recorded. Its answers stay unchanged. */
  watch(store: Store): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        const own = value.bind(target) as (...args: unknown[]) => unknown;
        return METHODS.includes(name) ? (...args: unknown[]) => this.#follow(String(name), args, own) : own;
      },
    });
  }

  /**
   * Returns the call that shows the problem, and the few calls before it. It is the first call that has not settled,
   * or else the last one.
   */
  culprit(): { readonly call: string; readonly before: readonly string[]; readonly isPending: boolean } | undefined {
    const pending = this.#calls.findIndex(({ state }) => state === "pending");
    const at = pending === -1 ? this.#calls.length - 1 : pending;
    const call = this.#calls[at];
    if (call === undefined) return undefined;
    const before = this.#calls.slice(Math.max(0, at - 3), at).map(({ text }) => text);
    return { call: call.text, before, isPending: pending !== -1 };
  }

  #follow(name: string, args: readonly unknown[], call: (...args: unknown[]) => unknown): unknown {
    const logged: LoggedCall = { text: `store.${name}(${args.map(shown).join(", ")})`, state: "pending" };
    this.#calls.push(logged);
    this.onProgress();
    const end = (state: LoggedCall["state"]) => (): void => {
      logged.state = state;
      this.onProgress();
    };
    try {
      const answer = call(...args);
      if (answer instanceof Promise) answer.then(end("done"), end("failed"));
      else if (name !== "list" || !isObject(answer) || !(Symbol.asyncIterator in answer)) end("done")();
      else return followed(answer as unknown as AsyncIterable<ObjectInfo>, end);
      return answer;
    } catch (error) {
      end("failed")();
      throw error;
    }
  }
}

type End = (state: LoggedCall["state"]) => () => void;

function followed(listing: AsyncIterable<ObjectInfo>, end: End): AsyncIterable<ObjectInfo> {
  end("done")(); // until somebody asks for an entry
  return {
    [Symbol.asyncIterator]() {
      const iterator = listing[Symbol.asyncIterator]();
      return {
        next() {
          end("pending")();
          const next = iterator.next();
          next.then(end("done"), end("failed"));
          return next;
        },
        return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}

function shown(argument: unknown): string {
  if (typeof argument === "string") {
    return argument.length > MAX_TEXT ? `<text of ${argument.length}>` : JSON.stringify(argument);
  }
  if (isBytes(argument)) return `<${argument.byteLength} bytes>`;
  if (typeof argument === "number" || typeof argument === "boolean") return String(argument);
  if (!isObject(argument)) return `<${argument === null ? "null" : typeof argument}>`;
  if (Symbol.asyncIterator in argument) return "<stream>";
  const fields = Object.entries(argument).filter(([, value]) => value !== undefined);
  return `{ ${fields.map(([name, value]) => (name === "signal" ? "signal" : `${name}: ${shown(value)}`)).join(", ")} }`;
}
