import { MemoryStore, StorageManager } from "../../../src/index.js";
import { temporalStorageDriver } from "../../../src/adapters/temporal.js";

const manager = new StorageManager({ store: new MemoryStore() });
const here = jest.requireActual<object>("@temporalio/proto");

/** Constructs a driver where all modules are loaded once more, but for this one. */
function constructWith(proto: () => object): void {
  jest.doMock("@temporalio/proto", proto);
  jest.isolateModules(() => {
    jest
      .requireActual<{ temporalStorageDriver: typeof temporalStorageDriver }>("../../../src/adapters/temporal.js")
      .temporalStorageDriver({ manager });
  });
}

const coded = (code: string, message: RegExp): Error =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error;

afterEach(() => {
  jest.dontMock("@temporalio/proto");
});

it("says at construction that Temporal's packages find several copies of protobufjs", () => {
  expect(() => temporalStorageDriver({ manager })).not.toThrow();
  // The classes of one copy, while @temporalio/common loads another.
  expect(() => constructWith(() => here)).toThrow(
    coded("CONFIG_INVALID", /npm ls protobufjs.*npm install protobufjs@8/),
  );
});

it("names the packages that are missing, or too old", () => {
  const missing = Object.assign(new Error("Cannot find module"), { code: "MODULE_NOT_FOUND" });
  expect(() =>
    constructWith(() => {
      throw missing;
    }),
  ).toThrow(coded("MISSING_DEPENDENCY", /npm install @temporalio\/proto/));
  const old = { temporal: { api: { common: { v1: {} }, sdk: { v1: {} } } } };
  expect(() => constructWith(() => old)).toThrow(coded("MISSING_DEPENDENCY", /1\.21/));
});
