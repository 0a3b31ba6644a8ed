import assert from "node:assert/strict";
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
    testCase("writes through a URL", [...BASIC, "presign"], async (context) => {
      const path = context.path("an object/with %2F + ü.txt");
      const url = await context.store.presign(path, { method: "PUT", expiresIn: 60 });
      const response = await fetch(url, { method: "PUT", body: Buffer.from("content") });
      assert.ok(response.ok, `the server answered ${response.status}`);
      await response.arrayBuffer();
      await context.assertContent(path, "content");
    }),
    testCase("refuses other methods and lifetimes", ["presign"], async (context) => {
      const path = context.path("object");
      for (const options of INVALID) {
        const call = () => context.store.presign(path, options as PresignOptions);
        await assertRejects(call, "CONFIG_INVALID", { operation: "presign", path });
      }
    }),
  ],
};
