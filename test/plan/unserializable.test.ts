import { StorageManager } from "../../src/index.js";
import { failureOf, rejectionOf } from "./failure.js";
import { planOf } from "./plan-model.js";
import { RecordingStore } from "./recording-store.js";

const SECRET = "s3cr3t";

function failing(): never {
  throw new Error(SECRET);
}

/** The error of a payload with `value` at `$.a[3]["b.c"]`. */
function failureAt(value: unknown) {
  const error = failureOf(() => planOf({ [SECRET]: 1, first: [SECRET], a: [0, {}, [], { x: SECRET, "b.c": value }] }));
  expect(error.code).toBe("UNSERIALIZABLE");
  expect(error.retryable).toBe(false);
  expect(error.operation).toBe("dehydrate");
  expect(error.message).not.toContain(SECRET);
  return error;
}

const at = (problem: string): string =>
  `The value at $.a[3]["b.c"] can't be stored as JSON: ${problem}. [UNSERIALIZABLE, dehydrate]`;

describe("A cycle is named with the place where an object stands inside itself", () => {
  interface Node {
    [key: string]: unknown;
  }
  const cycle = (problem: () => unknown): string => {
    const error = failureOf(() => planOf(problem()));
    expect(error.code).toBe("UNSERIALIZABLE");
    expect(error.message).toMatch(/ can't be stored as JSON: it is a cycle: an object that stands inside itself\. \[/);
    return error.message.slice("The value at ".length, error.message.indexOf(" can't"));
  };

  it("at the root", () => {
    expect(
      cycle(() => {
        const node: Node = {};
        node["self"] = node;
        return node;
      }),
    ).toBe("$.self");
  });

  it("deep inside", () => {
    expect(
      cycle(() => {
        const node: Node = { x: SECRET };
        node["b"] = { c: [1, { d: node }] };
        return { first: [1, 2], list: [0, { node }] };
      }),
    ).toBe("$.list[1].node.b.c[1].d");
  });

  it("through arrays alone", () => {
    expect(
      cycle(() => {
        const list: unknown[] = [1];
        list.push([list]);
        return list;
      }),
    ).toBe("$[1][0]");
  });

  it("through a toJSON that gives an object it stands in", () => {
    expect(
      cycle(() => {
        const node: Node = {};
        node["child"] = { toJSON: () => node };
        return { node };
      }),
    ).toBe("$.node.child");
  });

  it.each([63, 64, 65, 66, 200])("below %i levels", (levels) => {
    const place = cycle(() => {
      const node: Node = {};
      node["self"] = [node];
      let root: unknown = node;
      for (let level = 0; level < levels; level++) root = [root];
      return root;
    });
    expect(place).toBe(`$${"[0]".repeat(levels)}.self[0]`.replace(/^(.{250}).{13,}(.{250})$/s, "$1...$2"));
  });

  it.each([2, 63, 64, 65, 66, 130])("over %i objects", (length) => {
    const place = cycle(() => {
      const first: Node = {};
      let last = first;
      for (let index = 1; index < length; index++) last = last["n"] = {} as Node;
      last["n"] = first;
      return first;
    });
    expect(place).toBe("$" + ".n".repeat(length));
  });

  it("but an object that stands in several places, and in none of them inside itself, is no cycle", () => {
    const shared = { a: [1] };
    let payload: unknown = [shared, shared];
    for (let level = 0; level < 100; level++) payload = level % 2 === 0 ? [payload, shared] : { payload, shared };
    expect(planOf(payload, { maxInlineSize: 1e6 }).value).toBe(payload);
  });
});

describe("A payload that JSON has no form for fails with the path, and with nothing of the payload", () => {
  it("for a BigInt", () => {
    expect(failureAt(123n).message).toBe(at("it is a BigInt, which JSON has no form for"));
    expect(failureAt(Object(123n)).message).toBe(at("it is a BigInt, which JSON has no form for"));
    expect(failureAt({ toJSON: () => 1n }).message).toBe(at("it is a BigInt, which JSON has no form for"));
    expect(failureOf(() => planOf(1n)).message).toBe(
      "The value at $ can't be stored as JSON: it is a BigInt, which JSON has no form for. [UNSERIALIZABLE, dehydrate]",
    );
  });

  const revoked = (target: object): unknown => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };

  it.each<[string, unknown]>([
    ["a toJSON that throws", { toJSON: failing }],
    ["a getter of toJSON that throws", Object.defineProperty({}, "toJSON", { get: failing })],
    ["a wrapper that throws", Object.assign(new Number(1), { valueOf: failing })],
    ["a proxy that does not tell its keys", new Proxy({}, { ownKeys: failing })],
    ["a proxy that does not tell its prototype", new Proxy({}, { getPrototypeOf: failing })],
    ["a proxy that gives nothing", new Proxy({}, { get: failing })],
    ["a revoked proxy", revoked({})],
    ["a revoked proxy of an array", revoked([])],
    ["a proxy of an array that does not tell its length", new Proxy([1], { get: failing })],
  ])("for %s", (_name, value) => {
    const error = failureAt(value);
    expect(error.message).toBe(at("reading it failed (a getter, a toJSON method or a proxy threw)"));
    expect(error.cause).toBeInstanceOf(Error);
  });

  it("for a getter that throws, at its own path", () => {
    const error = failureAt({
      fine: 1,
      get broken(): never {
        return failing();
      },
    });
    expect(error.message).toBe(
      at("reading it failed (a getter, a toJSON method or a proxy threw)").replace('"]', '"].broken'),
    );
    expect(error.cause).toEqual(new Error(SECRET));
  });

  it("for an array with more items than any JSON text has room for", () => {
    const sparse: unknown[] = [];
    sparse.length = 2 ** 32 - 1;
    expect(failureAt(sparse).message).toMatch(/it is an array of more than \d+ items\. \[/);
  });

  it("before anything is written", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ store });
    const error = await rejectionOf(manager.dehydrate({ big: "x".repeat(5000), bad: 1n }));
    expect([error.code, store.written]).toEqual(["UNSERIALIZABLE", []]);
    expect((await rejectionOf(manager.dehydrateInputs([1n]))).message).toContain("at $[0] ");
    expect(failureOf(() => manager.plan([[1n]])).message).toContain("at $[0][0] ");
  });

  it("with a StorageError of a toJSON's own as it is", () => {
    const own = failureOf(() => planOf(1n));
    const throwing = {
      toJSON: () => {
        throw own;
      },
    };
    expect(failureOf(() => planOf([throwing]))).toBe(own);
  });
});
