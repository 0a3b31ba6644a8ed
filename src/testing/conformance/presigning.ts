import assert from "node:assert/strict";
import { isStorageError } from "../../errors/error.js";
import type { PresignOptions } from "../../store/store.js";
import { BASIC, testCase, type CaseGroup } from "./case.js";
import { assertBytes } from "./context.js";
import { assertRejects } from "./rejection.js";

const INVALID: readonly unknown[] = [
  { method: "DELETE", expiresIn: 60 },
  { method: "get", expiresIn: 60 },
  { expiresIn: 60 },
  { method: "GET" },
  ...[0, -1, 1.5, NaN, Infinity, "60"].map((expiresIn) => ({ method: "GET", expiresIn })),
];

const UNNAMED: readonly PresignOptions[] = [
  { method: "PUT", expiresIn: 60, filename: "a" },
  { method: "PUT", expiresIn: 60, contentType: "text/csv" },
  { method: "GET", expiresIn: 60, filename: "" },
  { method: "GET", expiresIn: 60, filename: "a\r\nb: c" },
  { method: "GET", expiresIn: 60, contentType: "a\r\nb: c" },
];

export const presigning: CaseGroup = {
  name: "presigned URLs",
  cases: [
    testCase("reads through a URL", [...BASIC, "presign"], async (context) => {
      const path = await context.put("an object/with %2F + ü.txt", "content");
      const url = await context.store.presign(path, { method: "GET", expiresIn: 60 });
      const response = await fetch(url);
      assert.equal(response.status, 200);
      assertBytes(new Uint8Array(await response.arrayBuffer()), "content");
    }),
    testCase("names what a URL gives, or says that it can't", [...BASIC, "presign"], async (context) => {
      const path = await context.put("object", "content");
      const named = { method: "GET", expiresIn: 60, filename: 'a "ü".csv', contentType: "text/csv" } as const;
      const url = await context.store.presign(path, named).catch((error: unknown) => {
        assert.ok(isStorageError(error, "UNSUPPORTED"), `it fails with ${String(error)}`);
      });
      if (url === undefined) return;
      const response = await fetch(url);
      assertBytes(new Uint8Array(await response.arrayBuffer()), "content");
      assert.match(
        response.headers.get("content-disposition") ?? "",
        /^attachment;.*filename\*=utf-8''a%20%22%C3%BC%22\.csv/i,
      );
      assert.equal(response.headers.get("content-type"), "text/csv");
    }),
    testCase("writes through a URL", [...BASIC, "presign"], async (context) => {
      const path = context.path("an object/with %2F + ü.txt");
      const url = await context.store.presign(path, { method: "PUT", expiresIn: 60 });
      const response = await fetch(url, { method: "PUT", body: Buffer.from("content") });
      assert.ok(response.ok, `the server answered ${response.status}`);
      await response.arrayBuffer();
      await context.assertContent(path, "content");
    }),
    testCase(
      "refuses what an answer has of a URL that writes, and names that are none",
      ["presign"],
      async (context) => {
        const path = context.path("object");
        for (const options of UNNAMED) {
          await assertRejects(() => context.store.presign(path, options), "CONFIG_INVALID", {
            operation: "presign",
            path,
          });
        }
      },
    ),
    testCase("refuses other methods and lifetimes", ["presign"], async (context) => {
      const path = context.path("object");
      for (const options of INVALID) {
        const call = () => context.store.presign(path, options as PresignOptions);
        await assertRejects(call, "CONFIG_INVALID", { operation: "presign", path });
      }
    }),
  ],
};
