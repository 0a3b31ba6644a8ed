import type { Capability } from "../../src/store/capability.js";
import {
  checkCopy,
  checkDelete,
  checkList,
  checkPresign,
  checkRead,
  checkStat,
  checkWrite,
  isListed,
} from "../../src/store/check.js";
import type { StorageError, StorageErrorCode } from "../../src/errors/error.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { PresignOptions, StoreBody, WriteOptions } from "../../src/store/store.js";
import { storageError } from "./storage-error.js";

const EVERYTHING: Capability = { ...new MemoryStore().capability, presign: true };

function storeWith(capability: Partial<Capability> = {}) {
  return { name: "test", capability: { ...EVERYTHING, ...capability } };
}

const store = storeWith();
const FIRED = { signal: AbortSignal.abort("given up") };

function refused(code: StorageErrorCode, details: Partial<StorageError> = {}): Error {
  return storageError({ code, store: "test", ...details });
}

describe("what every call is checked for", () => {
  it("returns what the errors of the call carry", () => {
    const carried = (operation: string) => ({ operation, store: "test", path: "a" });
    expect(checkWrite(store, "a", "", {})).toEqual(carried("write"));
    expect(checkRead(store, "a", {})).toEqual(carried("read"));
    expect(checkStat(store, "a", {})).toEqual(carried("stat"));
    expect(checkDelete(store, "a", {})).toEqual(carried("delete"));
    expect(checkCopy(store, "a", "b", {})).toEqual(carried("copy"));
    expect(checkPresign(store, "a", { method: "PUT", expiresIn: 1 }, 60)).toEqual(carried("presign"));
    expect(checkList(store, "a", {})).toEqual({ operation: "list", store: "test" });
  });

  it("refuses first what the store does not support, then the path, then the caller who gave up", () => {
    expect(() => checkRead(storeWith({ read: false }), "../a", FIRED)).toThrow(refused("UNSUPPORTED"));
    expect(() => checkRead(store, "../a", FIRED)).toThrow(refused("INVALID_PATH"));
    expect(() => checkRead(store, "a", FIRED)).toThrow(refused("ABORTED", { path: "a", cause: "given up" }));
    expect(() => checkList(storeWith({ list: false }), "//", FIRED)).toThrow(refused("UNSUPPORTED"));
    expect(() => checkList(store, "//", FIRED)).toThrow(refused("INVALID_PATH"));
    expect(() => checkList(store, "a", FIRED)).toThrow(refused("ABORTED", { operation: "list" }));
  });

  it("refuses a path over the limit of the store", () => {
    const short = storeWith({ maxPathLength: 4 });
    expect(() => checkStat(short, "éé", {})).not.toThrow();
    expect(() => checkStat(short, "ééa", {})).toThrow(refused("INVALID_PATH"));
  });
});

describe("checkWrite", () => {
  it.each([
    ["ifNoneMatch", { ifNoneMatch: "*" }],
    ["ifMatch", { ifMatch: '"1"' }],
    ["metadata", { metadata: {} }],
    ["contentType", { contentType: "text/plain" }],
  ] as const)("refuses the option %s where the store can't honour it", (flag, options) => {
    expect(() => checkWrite(store, "a", "", options)).not.toThrow();
    expect(() => checkWrite(storeWith({ [flag]: false }), "a", "", options)).toThrow(
      refused("UNSUPPORTED", { operation: "write", path: "a" }),
    );
  });

  it.each([
    [{ ifNoneMatch: "etag" }],
    [{ ifNoneMatch: "*", ifMatch: '"1"' }],
    [{ ifMatch: "" }],
    [{ ifMatch: 1 }],
    [{ digest: 5 }],
    [{ contentType: "text/plain\r\nx: y" }],
    [{ contentType: "" }],
    [{ size: -1 }],
    [{ size: 0.5 }],
    [{ size: "3" }],
    [{ metadata: { Upper: "x" } }],
    [{ metadata: { a_b: "x" } }],
    [{ metadata: { a: " x" } }],
    [{ metadata: { a: "ü" } }],
    [{ metadata: { a: 1 } }],
    [{ metadata: null }],
    [{ metadata: "text" }],
    [{ metadata: 5 }],
    [{ metadata: [] }],
    [{ metadata: new Map([["a", "b"]]) }],
  ])("refuses the options %j", (options) => {
    expect(() => checkWrite(store, "a", "", options as unknown as WriteOptions)).toThrow(refused("CONFIG_INVALID"));
  });

  it("names the option, and does not repeat its value", () => {
    const call = () => checkWrite(store, "a", "", { metadata: { a: "sécret" } });
    expect(call).toThrow(/"metadata"/);
    expect(call).not.toThrow(/sécret/);
  });

  it("refuses what is no body", () => {
    expect(() => checkWrite(store, "a", 5 as unknown as StoreBody, {})).toThrow(refused("CONFIG_INVALID"));
  });

  it("refuses a declared size over the limit of the store", () => {
    const small = storeWith({ maxObjectSize: 10 });
    expect(() => checkWrite(small, "a", "", { size: 10 })).not.toThrow();
    expect(() => checkWrite(small, "a", "", { size: 11 })).toThrow(refused("LIMIT_EXCEEDED"));
  });
});

describe("checkRead", () => {
  it("refuses a range where the store has none", () => {
    for (const range of [{ offset: 0 }, { length: 0 }]) {
      expect(() => checkRead(storeWith({ rangeRead: false }), "a", range)).toThrow(refused("UNSUPPORTED"));
    }
  });

  it.each([-1, 1.5, NaN, Infinity, 2 ** 53])("refuses the offset and the length %p", (count) => {
    expect(() => checkRead(store, "a", { offset: count })).toThrow(refused("CONFIG_INVALID"));
    expect(() => checkRead(store, "a", { length: count })).toThrow(refused("CONFIG_INVALID"));
  });
});

describe("checkDelete", () => {
  it("refuses ifMatch where the store can't honour it, or where it is no etag", () => {
    const call = (capability: Partial<Capability>, ifMatch: string) => () =>
      checkDelete(storeWith(capability), "a", { ifMatch });
    expect(call({}, '"1"')).not.toThrow();
    expect(call({ deleteIfMatch: false }, '"1"')).toThrow(refused("UNSUPPORTED"));
    expect(call({}, "")).toThrow(refused("CONFIG_INVALID"));
  });
});

describe("checkList", () => {
  it("refuses an invalid limit or startAfter", () => {
    expect(() => checkList(store, "", { limit: 0, startAfter: "a/" })).not.toThrow();
    expect(() => checkList(store, "", { limit: -1 })).toThrow(refused("CONFIG_INVALID"));
    expect(() => checkList(store, "", { startAfter: "/a" })).toThrow(refused("INVALID_PATH"));
  });
});

describe("checkCopy", () => {
  it("refuses either path", () => {
    expect(() => checkCopy(store, "a//b", "c", {})).toThrow(refused("INVALID_PATH"));
    expect(() => checkCopy(store, "a", "b//c", {})).toThrow(refused("INVALID_PATH"));
  });
});

describe("checkPresign", () => {
  it.each([
    { method: "DELETE", expiresIn: 60 },
    { method: "GET", expiresIn: 0 },
    { method: "GET", expiresIn: 1.5 },
    { method: "GET", expiresIn: 3601 },
    { method: "GET" },
  ])("refuses %j", (options) => {
    expect(() => checkPresign(store, "a", options as PresignOptions, 3600)).toThrow(refused("CONFIG_INVALID"));
  });
});

describe("isListed", () => {
  it("takes what begins with the prefix and comes after startAfter", () => {
    expect(isListed("a/b", "a", undefined)).toBe(true);
    expect(isListed("b", "a", undefined)).toBe(false);
    expect(isListed("a/b", "a", "a/b")).toBe(false);
    expect(isListed("a/c", "a", "a/b")).toBe(true);
    expect(isListed("a/b", "", "a.b")).toBe(true);
  });
});

describe("an absolute path of a store that routes", () => {
  const NOTHING = Object.fromEntries(Object.keys(EVERYTHING).map((flag) => [flag, false])) as unknown as Capability;
  const routing = {
    ...storeWith({ ...NOTHING, maxPathLength: 4, maxObjectSize: 1 }),
    routes: (scheme: string) => scheme === "mem",
  };
  const options = { ifNoneMatch: "*", metadata: {}, contentType: "a/b", size: 2 } as const;

  it("leads to a store that checks for itself what it can do", () => {
    const path = "mem://container/path";
    expect(() => checkWrite(routing, path, "", options)).not.toThrow();
    expect(() => checkRead(routing, path, { offset: 1 })).not.toThrow();
    expect(() => checkStat(routing, path, {})).not.toThrow();
    expect(() => checkDelete(routing, path, { ifMatch: "x" })).not.toThrow();
    expect(() => checkList(routing, "mem://container/", {})).not.toThrow();
    expect(() => checkPresign(routing, path, { method: "GET", expiresIn: 1 }, 60)).not.toThrow();
    expect(() => checkCopy(routing, path, "a", {})).not.toThrow();
    expect(() => checkCopy(routing, "a", path, {})).not.toThrow();
  });

  it("is checked itself, and so are the options", () => {
    expect(() => checkWrite(routing, "mem://c/../a", "", {})).toThrow(refused("INVALID_PATH"));
    expect(() => checkWrite(routing, "mem://c/a", "", { size: -1 })).toThrow(refused("CONFIG_INVALID"));
    expect(() => checkCopy(routing, "mem://c/a", "../a", {})).toThrow(refused("INVALID_PATH"));
    expect(() => checkRead(routing, "mem://c/a", FIRED)).toThrow(refused("ABORTED"));
  });

  it("is none where the scheme is not known, and plain paths are checked as ever", () => {
    for (const path of ["x://c/a", "a"]) {
      expect(() => checkRead(routing, path, {})).toThrow(refused("UNSUPPORTED"));
      expect(() => checkCopy(routing, path, "a", {})).toThrow(refused("UNSUPPORTED"));
    }
    expect(() => checkRead({ ...routing, ...storeWith() }, "x://c/a", {})).toThrow(refused("INVALID_PATH"));
  });
});
