import { linkBody, LINK_SIZE, newMark } from "../../../../src/store/layers/features/link.js";
import { withFeatures } from "../../../../src/store/layers/features/with-features.js";
import { type FeatureStore } from "../../../../src/store/layers/features/feature-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import type { CallOptions, Store } from "../../../../src/store/store.js";
import { FaultStore } from "../../../../src/testing/index.js";
import { failureOf } from "../../../support/failure.js";
import { limited } from "../../../support/limited-store.js";
import { OpenCounts, CountingStore } from "../../../support/fault-run/counting-store.js";

function linking(inner: Store = new MemoryStore()): FeatureStore {
  return withFeatures(inner, { simulate: ["links"] });
}

async function text(store: Store, path: string): Promise<string> {
  return Buffer.from(await (await store.read(path)).bytes()).toString();
}

describe("simulated links", () => {
  it("read, describe and copy what they lead to, under their own path", async () => {
    const store = linking();
    await store.write("target", "0123456789", { contentType: "text/plain", metadata: { a: "b" } });
    await store.link("target", "links/one");
    await store.link("links/one", "links/two");
    const result = await store.read("links/two", { offset: 2, length: 3 });
    expect(result.info).toMatchObject({ path: "links/two", size: 10, contentType: "text/plain" });
    expect(Buffer.from(await result.bytes()).toString()).toBe("234");
    expect(await store.stat("links/two")).toMatchObject({ path: "links/two", size: 10, metadata: { a: "b" } });
    await store.copy("links/two", "copy");
    await store.write("target", "changed");
    expect(await text(store, "copy")).toBe("0123456789");
    expect(await text(store, "links/one")).toBe("changed");
    expect(await store.copy("links/two", "target")).toMatchObject({ path: "target", size: 7 });
  });

  it("are listed as the small objects that they are", async () => {
    const store = linking();
    await store.link("target", "link");
    const listed = [];
    for await (const { path, size } of store.list("")) listed.push({ path, size });
    expect(listed).toEqual([{ path: "link", size: LINK_SIZE }]);
  });

  it("may lead to nothing, as long as nothing is there", async () => {
    const store = linking();
    await store.link("target", "link");
    expect(await failureOf(store.read("link"))).toMatchObject({ code: "NOT_FOUND", operation: "read", path: "link" });
    expect(await store.stat("link")).toBeUndefined();
    expect(await failureOf(store.copy("link", "copy"))).toMatchObject({ code: "NOT_FOUND", operation: "copy" });
    await store.write("target", "there now");
    expect(await text(store, "link")).toBe("there now");
  });

  it("are replaced by writes and links, and removed by deletes, which their target survives", async () => {
    const inner = new MemoryStore();
    const store = linking(inner);
    await store.write("a", "A");
    await store.write("b", "B");
    await store.link("a", "link");
    await store.link("b", "link");
    expect(await text(store, "link")).toBe("B");
    await store.write("link", "own");
    expect(await text(store, "link")).toBe("own");
    expect(await text(store, "b")).toBe("B");
    await store.link("a", "link");
    await store.delete("link");
    expect(await store.stat("link")).toBeUndefined();
    expect(await text(store, "a")).toBe("A");
    const left = [];
    for await (const { path } of inner.list("")) left.push(path);
    expect(left).toEqual(["a", "b"]);
  });

  it.each([{ singal: undefined }, [], "signal", null, { signal: {} }])(
    "take no options such as %j",
    async (options) => {
      const store = linking();
      const linked = store.link("target", "link", options as CallOptions);
      expect(await failureOf(linked)).toMatchObject({ code: "CONFIG_INVALID", operation: "link", path: "link" });
      expect(await failureOf(store.read("link"))).toMatchObject({ code: "NOT_FOUND" });
    },
  );

  it("that lead in a circle, or through too many, are typed errors", async () => {
    const store = linking();
    await store.link("b", "a");
    await store.link("c", "b");
    await store.link("a", "c");
    for (const call of [store.read("a"), store.stat("b"), store.copy("c", "d")].map(failureOf)) {
      expect((await call).code).toBe("CYCLIC_REFERENCE");
    }
    expect(await failureOf(store.link("x", "x"))).toMatchObject({ code: "CYCLIC_REFERENCE", operation: "link" });
    await store.write("chain/0", "end");
    for (let i = 1; i <= 11; i++) await store.link(`chain/${i - 1}`, `chain/${i}`);
    expect(await text(store, "chain/10")).toBe("end");
    expect((await failureOf(store.read("chain/11"))).code).toBe("RECURSION_LIMIT");
  });

  it("can't be forged: bytes alone are no link", async () => {
    const inner = new MemoryStore();
    const store = linking(inner);
    await store.write("secret", "secret");
    const forged = linkBody(newMark());
    await store.write("forged", forged);
    expect(await text(store, "forged")).toBe(forged);
    // Nor is a copy of a link that somebody else made, past this layer.
    await store.link("secret", "link");
    await inner.copy("link", "stolen");
    expect(await text(store, "stolen")).toBe(await text(inner, "link"));
    await inner.write("link", forged);
    expect(await text(store, "link")).toBe(forged);
    expect((await store.stat("link"))?.size).toBe(LINK_SIZE);
  });

  it("stay as they were when a new one fails", async () => {
    const memory = new MemoryStore();
    await memory.write("a", "A");
    await linking(memory).link("a", "link");
    for (const path of ["link", /^~coatcheck/] as const) {
      for (const when of ["before", "after"] as const) {
        const faulty = new FaultStore(memory, {
          faults: [{ on: "write", path, when, fault: { error: "UNAVAILABLE" } }],
        });
        const error = await failureOf(linking(faulty).link("a", "link"));
        expect(error).toMatchObject({ code: "UNAVAILABLE", operation: "link", path: "link" });
        expect(await text(linking(memory), "link")).toBe("A");
      }
    }
  });

  it("keep metadata of their targets apart from their own place", async () => {
    const store = withFeatures(limited(["metadata", "contentType", "copy"]), {
      simulate: ["links", "metadata", "copy"],
    });
    await store.write("target", "x", { metadata: { v: "1" } });
    await store.write("link", "y", { metadata: { v: "2" } });
    await store.link("target", "link");
    expect((await store.stat("link"))?.metadata).toEqual({ v: "1" });
    await store.copy("link", "copy");
    expect((await store.stat("copy"))?.metadata).toEqual({ v: "1" });
    await store.write("link", "z");
    expect((await store.stat("link"))?.metadata).toBeUndefined();
  });

  it("leave no body open", async () => {
    const open = new OpenCounts();
    const store = linking(new CountingStore(new MemoryStore(), open));
    await store.write("target", linkBody(newMark()));
    await store.link("target", "link");
    await text(store, "link");
    await store.stat("link");
    await store.copy("link", "copy");
    expect(open).toMatchObject({ bodies: 0, calls: 0 });
  });

  it("are UNSUPPORTED where nobody asked for them, and refuse paths that are none", async () => {
    for (const store of [withFeatures(new MemoryStore()), linking(limited(["delete"]))]) {
      expect(await failureOf(store.link("a", "b"))).toMatchObject({ code: "UNSUPPORTED", operation: "link" });
    }
    const store = linking();
    for (const [target, path] of [
      ["../a", "b"],
      ["a", "b/"],
      ["~coatcheck/x", "b"],
      ["a", "~coatcheck/x"],
    ] as const) {
      expect(await failureOf(store.link(target, path))).toMatchObject({ code: "INVALID_PATH", operation: "link" });
    }
    const aborted = store.link("a", "b", { signal: AbortSignal.abort() });
    expect(await failureOf(aborted)).toMatchObject({ code: "ABORTED", operation: "link" });
  });

  it("lead a URL for reading to their target", async () => {
    class Signing extends MemoryStore {
      override readonly capability = Object.freeze({ ...new MemoryStore().capability, presign: true });
      override presign(path: string): Promise<string> {
        return Promise.resolve(`https://example.org/${path}`);
      }
    }
    const store = linking(new Signing());
    await store.write("target", "x");
    await store.link("target", "link");
    expect(await store.presign("link", { method: "GET", expiresIn: 60 })).toBe("https://example.org/target");
    expect(await store.presign("link", { method: "PUT", expiresIn: 60 })).toBe("https://example.org/link");
  });
});
