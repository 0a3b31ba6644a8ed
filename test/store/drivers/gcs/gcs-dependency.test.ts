import { GcsStore } from "../../../../src/gcs.js";
import { failureOf } from "../../../support/failure.js";

let code: string | undefined = "MODULE_NOT_FOUND";

jest.mock("@google-cloud/storage", () => {
  throw Object.assign(new Error("Cannot find module '@google-cloud/storage'"), { code });
});

it("is MISSING_DEPENDENCY in every operation when the library is not installed, and not before", async () => {
  await using store = new GcsStore({ bucket: "box", capability: { presign: true } });
  const calls = {
    write: () => store.write("a", "x"),
    read: () => store.read("a"),
    stat: () => store.stat("a"),
    delete: () => store.delete("a"),
    copy: () => store.copy("a", "b"),
    list: () => store.list("").next(),
    presign: () => store.presign("a", { method: "GET", expiresIn: 1 }),
  };
  for (const [operation, call] of Object.entries(calls)) {
    const error = await failureOf(call());
    expect(error).toMatchObject({ code: "MISSING_DEPENDENCY", operation, store: "gcs", retryable: false });
    expect(error.message).toContain("@google-cloud/storage");
  }
});

it("is not MISSING_DEPENDENCY when the library fails otherwise", async () => {
  code = undefined;
  await using store = new GcsStore({ bucket: "box" });
  expect(await failureOf(store.stat("a"))).toMatchObject({ code: "UNEXPECTED" });
});
