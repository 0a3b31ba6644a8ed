import { DriverStore } from "../../../src/testing/index.js";
import type { Store } from "../../../src/store/store.js";
import { failureOf } from "../../support/failure.js";

/** A driver of a user that gives URLs, and nothing else. */
class UrlStore extends DriverStore {
  constructor(maxExpiresIn?: number) {
    const presign = (path: string): Promise<string> => Promise.resolve(`https://example.com/${path}`);
    const driver = { name: "urls", capability: {}, presign, ...(maxExpiresIn !== undefined && { maxExpiresIn }) };
    super(driver as never);
  }
}

const urlOf = (store: Store, expiresIn: number): Promise<string> => store.presign("a", { method: "GET", expiresIn });

it("a driver says how long its URLs may be valid; without, they may be for any time", async () => {
  expect(await urlOf(new UrlStore(60), 60)).toBe("https://example.com/a");
  const error = await failureOf(urlOf(new UrlStore(60), 61));
  expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("from 1 to 60") });
  expect(await urlOf(new UrlStore(), 30 * 86_400)).toBe("https://example.com/a");
});
