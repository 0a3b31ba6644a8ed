import { StorageError } from "../../../../src/index.js";
import { SharedClient } from "../../../../src/store/compose/routing/shared-client.js";
import { thrownBy } from "../../../support/failure.js";

it("says why no store could be made, and leaves no rejection of the client's closing behind", async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", listen);
  try {
    let closed = 0;
    const close = (): Promise<void> => {
      closed++;
      return Promise.reject(new Error("The client can't be closed."));
    };
    const shared = new SharedClient(() => ({}), close);
    const invalid = new StorageError("CONFIG_INVALID", "The bucket is none.");
    const make = (): never => {
      throw invalid;
    };
    expect(thrownBy(() => shared.store(make))).toBe(invalid);
    await new Promise(setImmediate);
    expect(closed).toBe(1);
    expect(unhandled).toEqual([]);
  } finally {
    process.off("unhandledRejection", listen);
  }
});
