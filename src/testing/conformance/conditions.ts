import assert from "node:assert/strict";
import { testCase, type CaseGroup } from "./case.js";
import {
  atManyObjects,
  DELETE_IF_MATCH,
  etagOf,
  IF_ABSENT,
  IF_MATCH,
  OBJECTS,
  raceWriters,
  smallBodies,
  STALE,
} from "./races.js";
import { assertRejects } from "./rejection.js";
import { chunksOf, interrupted } from "./sources.js";

const WRITERS = 16;
const ROUNDS = 3;

export const conditions: CaseGroup = {
  name: "conditions",
  cases: [
    testCase("ifNoneMatch writes where nothing is, and nowhere else", IF_ABSENT, async (context) => {
      const { store } = context;
      const path = await context.put("object", "first", { ifNoneMatch: "*" });
      for (const body of ["second", chunksOf(Buffer.from("second"), 2)]) {
        const call = () => store.write(path, body, { ifNoneMatch: "*" });
        await assertRejects(call, "ALREADY_EXISTS", { operation: "write", path });
      }
      await context.assertContent(path, "first");
      await context.assertContent(await context.put("object/child", "other", { ifNoneMatch: "*" }), "other");
    }),
    testCase("ifNoneMatch writes again after a delete", [...IF_ABSENT, "delete"], async (context) => {
      const path = await context.put("object", "first", { ifNoneMatch: "*" });
      await context.store.delete(path);
      await context.put("object", "second", { ifNoneMatch: "*" });
      await context.assertContent(path, "second");
    }),
    testCase(`ifNoneMatch lets one of ${WRITERS} writers win`, IF_ABSENT, async (context) => {
      for (let round = 0; round < ROUNDS; round++) {
        await raceWriters(context, context.path(`object ${round}`), { ifNoneMatch: "*" }, smallBodies(WRITERS));
      }
    }),
    testCase(`ifNoneMatch lets one of two writers win, at ${OBJECTS} objects at once`, IF_ABSENT, (context) => {
      return atManyObjects((name) => {
        return raceWriters(context, context.path(name), { ifNoneMatch: "*" }, smallBodies(2));
      });
    }),
    testCase("ifNoneMatch holds when the object comes while the body is read", IF_ABSENT, async (context) => {
      const { store } = context;
      const path = context.path("object");
      const body = interrupted(Buffer.from("slow "), () => store.write(path, "fast"), Buffer.from("writer"));
      const call = () => store.write(path, body, { ifNoneMatch: "*" });
      await assertRejects(call, "ALREADY_EXISTS", { operation: "write", path });
      await context.assertContent(path, "fast");
    }),
    testCase("ifMatch writes over the version it names, and over no other", IF_MATCH, async (context) => {
      const { store } = context;
      const path = await context.put("object", "first");
      const first = await etagOf(context, path);
      const written = await store.write(path, "second", { ifMatch: first });
      assert.equal(written.etag, await etagOf(context, path), "write gave another etag than stat");
      for (const ifMatch of [first, STALE]) {
        const call = () => store.write(path, "third", { ifMatch });
        await assertRejects(call, "PRECONDITION_FAILED", { operation: "write", path });
      }
      await context.assertContent(path, "second");
      await store.write(path, chunksOf(Buffer.from("fourth"), 4), { ifMatch: written.etag });
      await context.assertContent(path, "fourth");
    }),
    testCase("ifMatch fails where nothing is", IF_MATCH, async (context) => {
      const path = context.path("missing");
      const call = () => context.store.write(path, "content", { ifMatch: STALE });
      await assertRejects(call, "PRECONDITION_FAILED", { operation: "write", path });
      await context.assertMissing(path);
    }),
    testCase(`ifMatch lets one of ${WRITERS} writers win`, IF_MATCH, async (context) => {
      const path = await context.put("object", "first");
      for (let round = 0; round < ROUNDS; round++) {
        const ifMatch = await etagOf(context, path);
        await raceWriters(context, path, { ifMatch }, smallBodies(WRITERS, round));
      }
    }),
    testCase(`ifMatch lets one of two writers win, at ${OBJECTS} objects at once`, IF_MATCH, (context) => {
      return atManyObjects(async (name) => {
        const path = await context.put(name, "first");
        await raceWriters(context, path, { ifMatch: await etagOf(context, path) }, smallBodies(2));
      });
    }),
    testCase("deleteIfMatch deletes the version it names, and no other", DELETE_IF_MATCH, async (context) => {
      const { store } = context;
      const path = await context.put("object", "first");
      const first = await etagOf(context, path);
      await store.write(path, "second");
      for (const ifMatch of [first, STALE]) {
        const call = () => store.delete(path, { ifMatch });
        await assertRejects(call, "PRECONDITION_FAILED", { operation: "delete", path });
      }
      await context.assertContent(path, "second");
      await store.delete(path, { ifMatch: await etagOf(context, path) });
      await context.assertMissing(path);
    }),
    testCase("deleteIfMatch fails where nothing is", DELETE_IF_MATCH, async (context) => {
      const path = context.path("missing");
      const call = () => context.store.delete(path, { ifMatch: STALE });
      await assertRejects(call, "PRECONDITION_FAILED", { operation: "delete", path });
    }),
  ],
};
