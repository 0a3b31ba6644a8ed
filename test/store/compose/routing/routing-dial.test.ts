import { getEventListeners } from "node:events";
import { StorageError } from "../../../../src/errors/error.js";
import type { Target } from "../../../../src/paths/location.js";
import { RoutingStore } from "../../../../src/store/compose/routing/routing-store.js";
import type { SchemeFactory } from "../../../../src/store/compose/routing/options.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import type { Store } from "../../../../src/store/store.js";
import { failureOf } from "../../../support/failure.js";
import { RecordingStore } from "../../../support/recording-store.js";
import { TappedStore } from "../../../support/tapped-store.js";
import { turn } from "../../../support/turn.js";
import { textOf } from "../../drivers/file/file-roots.js";

/** An opening that waits for the test. */
interface Opening {
  readonly target: Target;
  finish(store?: Store): void;
  fail(error: unknown): void;
}

/** A factory whose every call waits for the test. */
function held(): { open: SchemeFactory; openings: Opening[] } {
  const openings: Opening[] = [];
  const open: SchemeFactory = (target) =>
    new Promise((resolve, reject) => {
      openings.push({ target, finish: (store = new MemoryStore()) => resolve(store), fail: reject });
    });
  return { open, openings };
}

const over = (mem: Store | SchemeFactory, options: object = {}) =>
  new RoutingStore({ primary: new MemoryStore(), schemes: { mem }, ...options });

const closes = (store: RecordingStore) => store.calls.filter(({ operation }) => operation === "close").length;

describe("A store of another scheme", () => {
  it("is not opened before it is used", async () => {
    const { open, openings } = held();
    const store = over(open);
    await store.write("a", "1");
    expect(store.routes("mem")).toBe(true);
    await store.close();
    expect(openings).toEqual([]);
  });

  it("is opened once for 50 uses at once, of every kind", async () => {
    const { open, openings } = held();
    const store = over(open);
    const uses = Array.from({ length: 50 }, (_, i): Promise<unknown> => {
      const path = `mem://c/${i}`;
      switch (i % 5) {
        case 0:
          return store.write(path, "1");
        case 1:
          return store.stat(path);
        case 2:
          return store.delete(path);
        case 3:
          return store.capabilityOf(path);
        default:
          return store.list("mem://c/")[Symbol.asyncIterator]().next();
      }
    });
    await turn();
    expect(openings.map(({ target }) => target)).toEqual([{ scheme: "mem", container: "c" }]);
    openings[0]!.finish();
    await Promise.all(uses);
    await store.write("mem://c/later", "1");
    expect(openings).toHaveLength(1);
  });

  it("is opened for each container, or as poolKey says", async () => {
    const uses = ["mem://a/x", "mem://b/x", "mem://a/y", "other://a/x"];
    const openedBy = async (options: object) => {
      const targets: string[] = [];
      const open: SchemeFactory = ({ scheme, container }) => {
        targets.push(`${scheme}://${container}`);
        return new MemoryStore();
      };
      const store = over(open, { schemes: { mem: open, other: open }, ...options });
      for (const path of uses) await store.write(path, path);
      return targets;
    };
    expect(await openedBy({})).toEqual(["mem://a", "mem://b", "other://a"]);
    expect(await openedBy({ poolKey: ({ scheme }: Target) => scheme })).toEqual(["mem://a", "other://a"]);
    // Schemes never share one: their stores are of different kinds.
    expect(await openedBy({ poolKey: () => "all" })).toEqual(["mem://a", "other://a"]);
  });

  it("is not opened where poolKey gives a promise, which may reject", async () => {
    const rejections: unknown[] = [];
    const listener = (reason: unknown): void => void rejections.push(reason);
    process.on("unhandledRejection", listener);
    const store = over(() => new MemoryStore(), { poolKey: () => Promise.reject(new Error("key")) as never });
    expect(await failureOf(store.stat("mem://a/x"))).toMatchObject({ code: "CONFIG_INVALID" });
    await turn();
    process.off("unhandledRejection", listener);
    expect(rejections).toEqual([]);
  });

  it("is opened for each container whatever poolKey says, where the factory is perContainer", async () => {
    const open = Object.assign(() => new MemoryStore(), { perContainer: true });
    const store = over(open, { poolKey: ({ scheme }: Target) => scheme });
    await store.write("mem://a/x", "1");
    expect(await store.stat("mem://b/x")).toBeUndefined();
  });

  it("is the same for all containers where it is given as a store: what is configured wins over the path", async () => {
    const store = over(new MemoryStore());
    await store.write("mem://a/x", "1");
    expect(await textOf(store, "mem://b/x")).toBe("1");
  });

  it("can be asked for while it is opened, by what opens it", async () => {
    const store: RoutingStore = over(async () => {
      const content = await textOf(store, "settings");
      expect(content).toBe("{}");
      return new MemoryStore();
    });
    await store.write("settings", "{}");
    await expect(store.write("mem://c/a", "1")).resolves.toMatchObject({ size: 1 });
  });
});

describe("An opening that fails", () => {
  it("is tried again by the next call", async () => {
    const { open, openings } = held();
    const store = over(open);
    const first = [store.read("mem://c/a"), store.stat("mem://c/b")].map(failureOf);
    await turn();
    const cause = new Error("refused");
    openings[0]!.fail(new StorageError("UNAVAILABLE", "Not now.", { operation: "connect", store: "mem", cause }));
    const expected = {
      code: "UNAVAILABLE",
      retryable: true,
      message: expect.stringContaining("Not now.") as string,
      store: "mem",
      cause,
    };
    const [read, stat] = await Promise.all(first);
    expect(read).toMatchObject({ ...expected, operation: "read", path: "mem://c/a" });
    expect(stat).toMatchObject({ ...expected, operation: "stat", path: "mem://c/b" });
    const again = store.write("mem://c/a", "1");
    await turn();
    expect(openings).toHaveLength(2);
    openings[1]!.finish();
    await expect(again).resolves.toMatchObject({ size: 1 });
    await store.stat("mem://c/a");
    expect(openings).toHaveLength(2);
  });

  it("is tried again in the very moment that it fails", async () => {
    let calls = 0;
    const store = over(() => {
      if (++calls === 1) throw new Error("first");
      return new MemoryStore();
    });
    await store.stat("mem://c/a").catch(() => store.write("mem://c/a", "1"));
    expect(calls).toBe(2);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("boom")), "UNEXPECTED"],
    [
      "throws at once",
      () => {
        throw new TypeError("boom");
      },
      "UNEXPECTED",
    ],
    ["gives nothing", () => undefined, "CONFIG_INVALID"],
    ["gives null", () => Promise.resolve(null), "CONFIG_INVALID"],
    ["gives what is no store", () => ({ read: () => undefined }), "CONFIG_INVALID"],
  ])("is a StorageError where the factory %s", async (_, open, code) => {
    const store = over(open as never);
    const calls = [store.read("mem://c/a"), store.copy("a", "mem://c/a"), store.copy("mem://c/a", "a")];
    for (const [i, error] of (await Promise.all(calls.map(failureOf))).entries()) {
      const operation = i === 0 ? "read" : "copy";
      expect(error).toMatchObject({ code, operation, path: "mem://c/a", store: "routing" });
      if (code === "UNEXPECTED") expect(error.cause).toMatchObject({ message: "boom" });
    }
  });

  it.each([
    ["throws", () => JSON.parse("{") as string, "UNEXPECTED"],
    ["gives no string", () => 7, "CONFIG_INVALID"],
  ])("is a StorageError where poolKey %s", async (_, poolKey, code) => {
    const store = over(() => new MemoryStore(), { poolKey });
    expect(await failureOf(store.stat("mem://c/a"))).toMatchObject({ code, operation: "stat", path: "mem://c/a" });
  });

  it("leaves the body of a write unread", async () => {
    const store = over(() => Promise.reject(new Error("boom")));
    const next = jest.fn();
    await failureOf(store.write("mem://c/a", { [Symbol.asyncIterator]: () => ({ next }) }));
    expect(next).not.toHaveBeenCalled();
  });
});

describe("A caller who gives up while a store is opened", () => {
  it("hears so at once, and neither stops the opening for others nor loses the store", async () => {
    const { open, openings } = held();
    const store = over(open);
    const controller = new AbortController();
    const given = failureOf(store.write("mem://c/a", "1", { signal: controller.signal }));
    const other = store.write("mem://c/b", "2");
    await turn();
    controller.abort("enough");
    expect(await given).toMatchObject({ code: "ABORTED", cause: "enough", operation: "write", path: "mem://c/a" });
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    const mem = new RecordingStore();
    openings[0]!.finish(mem);
    await other;
    expect(openings).toHaveLength(1);
    expect(mem.paths("write")).toEqual(["b"]); // what was given up is not done after all
    await store.close();
    expect(closes(mem)).toBe(1);
  });

  it("leaves a store behind that the next one uses, and close() closes, where nobody else waited", async () => {
    const { open, openings } = held();
    const store = over(open);
    const controller = new AbortController();
    const given = failureOf(store.stat("mem://c/a", { signal: controller.signal }));
    await turn();
    controller.abort();
    await given;
    const mem = new RecordingStore();
    openings[0]!.finish(mem);
    await turn();
    await store.stat("mem://c/a");
    expect(openings).toHaveLength(1);
    await store.close();
    expect(closes(mem)).toBe(1);
  });

  it("opens nothing where the signal has fired before", async () => {
    const { open, openings } = held();
    const store = over(open);
    const signal = AbortSignal.abort("before");
    const calls = [
      store.write("mem://c/a", "1", { signal }),
      store.read("mem://c/a", { signal }),
      store.copy("a", "mem://c/a", { signal }),
      store.list("mem://c/", { signal })[Symbol.asyncIterator]().next(),
      store.capabilityOf("mem://c/a", { signal }),
    ];
    const errors = await Promise.all(calls.map(failureOf));
    for (const error of errors) expect(error).toMatchObject({ code: "ABORTED", cause: "before" });
    await turn();
    expect(openings).toEqual([]);
  });

  it("hears of the deadline that ended the call, as it is", async () => {
    const deadline = new StorageError("TIMEOUT", "Too long.", { operation: "hydrate" });
    const controller = new AbortController();
    const call = failureOf(over(held().open).stat("mem://c/a", { signal: controller.signal }));
    await turn();
    controller.abort(deadline);
    expect(await call).toBe(deadline);
  });
});

describe("close of a routing store", () => {
  it("closes the primary, what was given and what was opened, each once, and opens nothing", async () => {
    const [primary, given, registered, opened] = Array.from({ length: 4 }, () => new RecordingStore());
    const unused = jest.fn(() => new MemoryStore());
    const store = new RoutingStore({
      primary: primary!,
      schemes: { given: given!, again: given!, self: primary!, opened: () => opened!, unused },
    });
    store.registerScheme("registered", registered!);
    for (const path of ["opened://a/x", "opened://b/x"]) await store.write(path, "1");
    await Promise.all([store.close(), store.close()]);
    await store[Symbol.asyncDispose]();
    expect([primary, given, registered, opened].map((closed) => closes(closed!))).toEqual([1, 1, 1, 1]);
    expect(unused).not.toHaveBeenCalled();
  });

  it("closes what is opened only after it, whose caller hears of that", async () => {
    const { open, openings } = held();
    const store = over(open);
    const late = failureOf(store.write("mem://c/a", "1"));
    await turn();
    await store.close(); // does not wait for what may hang
    const mem = new RecordingStore();
    openings[0]!.finish(mem);
    const closed = { code: "UNAVAILABLE", retryable: false, operation: "write", path: "mem://c/a" };
    expect(await late).toMatchObject(closed);
    await turn();
    expect(mem.calls.map(({ operation }) => operation)).toEqual(["close"]);
    expect(await failureOf(store.write("mem://c/a", "1"))).toMatchObject(closed);
    expect(openings).toHaveLength(1);
  });

  it("swallows what goes wrong with closing what came too late", async () => {
    const { open, openings } = held();
    const store = over(open);
    const late = failureOf(store.stat("mem://c/a"));
    await turn();
    await store.close();
    const failing = new TappedStore(() => {
      throw new Error("close");
    });
    openings[0]!.finish(failing);
    expect(await late).toMatchObject({ code: "UNAVAILABLE" });
    await turn(); // an unhandled rejection would fail the test run
  });

  it("closes every store also when one fails, and says so", async () => {
    const closing: string[] = [];
    const failing = (name: string, error: Error) =>
      new TappedStore((call, proceed) => {
        if (call.operation !== "close") return proceed();
        closing.push(name);
        throw error;
      });
    const denied = new StorageError("PERMISSION_DENIED", "No.", { operation: "close", store: "x" });
    const mem = new RecordingStore();
    const one = new RoutingStore({ primary: failing("a", denied), schemes: { mem } });
    expect(await failureOf(one.close())).toBe(denied);
    expect(closes(mem)).toBe(1);
    const wild = new Error("wild");
    const other = new RoutingStore({ primary: failing("b", wild), schemes: { mem: new RecordingStore() } });
    expect(await failureOf(other.close())).toMatchObject({ code: "UNEXPECTED", operation: "close", cause: wild });
    const both = new RoutingStore({ primary: failing("c", wild), schemes: { mem: failing("d", denied) } });
    const error = await failureOf(both.close());
    expect((error.cause as AggregateError).errors).toEqual([
      denied,
      expect.objectContaining({ code: "UNEXPECTED", cause: wild }),
    ]);
    expect(closing).toEqual(["a", "b", "d", "c"]);
  });
});
