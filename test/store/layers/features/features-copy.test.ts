import { withFeatures } from "../../../../src/store/layers/features/with-features.js";
import type { Store } from "../../../../src/store/store.js";
import { FaultStore, type FaultRule } from "../../../../src/testing/index.js";
import { failureOf } from "../../../support/failure.js";
import { HeldStore } from "../../../support/held-store.js";
import { limited } from "../../../support/limited-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import { turn } from "../../../support/turn.js";

async function text(store: Store, path: string): Promise<string> {
  return Buffer.from(await (await store.read(path)).bytes()).toString();
}

async function paths(store: Store): Promise<string[]> {
  const listed: string[] = [];
  for await (const { path } of store.list("")) listed.push(path);
  return listed;
}

describe("simulated copy", () => {
  const attributes = { contentType: "text/csv", metadata: { owner: "me" } };

  it("keeps content type and metadata, and leaves no trace", async () => {
    const inner = limited(["copy"]);
    const store = withFeatures(inner, { simulate: ["copy"] });
    await store.write("a", "content", attributes);
    const info = await store.copy("a", "b");
    expect(info).toMatchObject({ path: "b", size: 7 });
    expect(await inner.stat("b")).toMatchObject(attributes);
    expect(await text(inner, "b")).toBe("content");
    expect(await paths(inner)).toEqual(["a", "b"]);
  });

  it("keeps them also where they are simulated, and copies what has none", async () => {
    const store = withFeatures(limited(["copy", "metadata", "contentType"]), { simulate: ["copy", "metadata"] });
    await store.write("a", "content", attributes);
    await store.copy("a", "b");
    expect(await store.stat("b")).toMatchObject(attributes);
    const bare = withFeatures(limited(["copy", "metadata", "contentType"]), { simulate: ["copy"] });
    await bare.write("a", "content");
    await bare.copy("a", "b");
    expect(await text(bare, "b")).toBe("content");
  });

  it.each<[string, FaultRule, string]>([
    ["read", { on: "read", fault: { error: "THROTTLED" } }, "THROTTLED"],
    ["body", { on: "read", fault: { truncate: 3, error: "TIMEOUT" } }, "TIMEOUT"],
    ["write", { on: "write", path: "b", fault: { error: "UNAVAILABLE" } }, "UNAVAILABLE"],
    ["short body", { on: "read", fault: { truncate: 3 } }, "INTEGRITY"],
  ])("fails as a copy when its %s fails, and leaves what was there", async (_, rule, code) => {
    const memory = limited(["copy"]);
    await memory.write("a", "content");
    await memory.write("b", "old");
    const store = withFeatures(new FaultStore(memory, { faults: [rule] }), { simulate: ["copy"] });
    expect(await failureOf(store.copy("a", "b"))).toMatchObject({ code, operation: "copy" });
    expect(await text(memory, "b")).toBe("old");
  });

  it("gives up at once when its signal fires, and gives back the body", async () => {
    const held = new HeldStore(["read"], limited(["copy"]));
    await held.write("a", "content");
    const store = withFeatures(held, { simulate: ["copy"] });
    const controller = new AbortController();
    const copying = store.copy("a", "b", { signal: controller.signal });
    await held.until(1);
    const reason = new Error("given up");
    controller.abort(reason);
    expect(await failureOf(copying)).toMatchObject({ code: "ABORTED", operation: "copy", cause: reason });
    held.held[0]!.release();
    await turn();
    expect(await held.stat("b")).toBeUndefined();
  });
});

describe("simulated if-absent", () => {
  it("lets one of many writers of this process win, streamed or not, through whichever layer", async () => {
    const inner = limited(["ifNoneMatch"]);
    const layers = [1, 2, 3].map(() => withFeatures(inner, { simulate: ["if-absent"] }));
    for (let round = 0; round < 20; round++) {
      const path = `a/${round}`;
      const writes = Array.from({ length: 9 }, (_, n) => {
        const stream = (async function* () {
          yield await Promise.resolve(Buffer.from(`writer ${n}`));
        })();
        const body = n % 2 === 0 ? `writer ${n}` : stream;
        return layers[n % 3]!.write(path, body, { ifNoneMatch: "*" }).then(() => n);
      });
      const results = await Promise.allSettled(writes);
      const winners = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      expect(winners).toHaveLength(1);
      expect(await text(inner, path)).toBe(`writer ${winners[0]!}`);
      for (const result of results) if (result.status === "rejected") expect(result.reason.code).toBe("ALREADY_EXISTS");
    }
    expect(await paths(inner)).toHaveLength(20);
  });

  it("is not overtaken by a copy of this process", async () => {
    const held = new HeldStore(["stat"], limited(["ifNoneMatch"]));
    await held.write("source", "copied");
    const store = withFeatures(held, { simulate: ["if-absent"] });
    const careful = store.write("a", "careful", { ifNoneMatch: "*" });
    await held.until(1);
    const copying = store.copy("source", "a");
    await turn();
    held.held[0]!.release();
    await Promise.all([careful, copying]);
    expect(await text(held, "a")).toBe("copied");
  });

  it("is not overtaken by an unconditional write of this process", async () => {
    const held = new HeldStore(["stat"], limited(["ifNoneMatch"]));
    const store = withFeatures(held, { simulate: ["if-absent"] });
    const careful = store.write("a", "careful", { ifNoneMatch: "*" });
    await held.until(1); // it is looking
    const careless = store.write("a", "careless");
    await turn();
    expect((await failureOf(text(held, "a"))).code).toBe("NOT_FOUND");
    held.held[0]!.release();
    await Promise.all([careful, careless]);
    expect(await text(held, "a")).toBe("careless");
  });

  it("fails when it can't look", async () => {
    const faulty = new FaultStore(limited(["ifNoneMatch"]), { faults: [{ on: "stat", fault: { error: "TIMEOUT" } }] });
    const store = withFeatures(faulty, { simulate: ["if-absent"] });
    const stream = (async function* () {
      yield await Promise.resolve(Buffer.from("x"));
    })();
    for (const body of ["x", stream]) {
      const error = await failureOf(store.write("a", body, { ifNoneMatch: "*" }));
      expect(error).toMatchObject({ code: "TIMEOUT", operation: "write", path: "a" });
    }
    await store.write("a", "x");
  });

  it("lets those who wait leave, and those behind them come", async () => {
    const held = new HeldStore(["stat"], limited(["ifNoneMatch"]));
    const store = withFeatures(held, { simulate: ["if-absent"] });
    const first = store.write("a", "first", { ifNoneMatch: "*" });
    await held.until(1);
    const controller = new AbortController();
    const second = store.write("a", "second", { ifNoneMatch: "*", signal: controller.signal });
    const third = store.delete("a");
    controller.abort();
    expect((await failureOf(second)).code).toBe("ABORTED");
    held.held[0]!.release();
    await Promise.all([first, third]);
    expect(await held.inner.stat("a")).toBeUndefined();
    expect(held.held).toHaveLength(1);
  });

  it("is the store's own where it has it", async () => {
    const store = withFeatures(new MemoryStore(), { simulate: ["if-absent"] });
    await store.write("a", "x", { ifNoneMatch: "*" });
    expect((await failureOf(store.write("a", "y", { ifNoneMatch: "*" }))).code).toBe("ALREADY_EXISTS");
  });
});
