import { withConcurrencyLimit, withPrefix } from "../../../src/store/layers/index.js";
import { RoutingStore } from "../../../src/store/compose/routing/routing-store.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import { FakeClock, FaultStore, storeConformance } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";
import { RecordingStore } from "../../support/recording-store.js";
import { pathsOf, textOf } from "../drivers/file/file-roots.js";
import { recommendedStack } from "./recommended-stack.js";

function router(cold = new MemoryStore()): RoutingStore {
  return new RoutingStore({ primary: new MemoryStore(), schemes: { cold: () => cold } });
}

describe("layers over a RoutingStore", () => {
  it("take absolute paths, and go on where a listing or a body of a target broke off", async () => {
    const cold = new MemoryStore();
    const clock = new FakeClock();
    const faulty = new FaultStore(router(cold), {
      faults: [
        { on: "list", calls: [1], fault: { partialList: 1, error: "UNAVAILABLE" } },
        { on: "read", calls: [1], fault: { truncate: 3, error: "UNAVAILABLE" } },
      ],
    });
    const { retried: store } = recommendedStack(faulty, { clock, random: () => 0 });
    for (const name of ["a", "b%20c", "d"]) {
      expect((await store.write(`cold://bucket/p/${name}`, name)).path).toBe(`cold://bucket/p/${name}`);
    }
    expect(await pathsOf(cold)).toEqual(["p/a", "p/b c", "p/d"]);
    const listed = pathsOf(store, "cold://bucket/p/");
    await clock.advance(1000);
    expect(await listed).toEqual(["cold://bucket/p/a", "cold://bucket/p/b%20c", "cold://bucket/p/d"]);
    const text = textOf(store, "cold://bucket/p/b%20c");
    await clock.advance(1000);
    expect(await text).toBe("b%20c");
    expect(await failureOf(store.read("cold://bucket/none"))).toMatchObject({
      code: "NOT_FOUND",
      path: "cold://bucket/none",
    });
    expect(faulty.injected).toHaveLength(2);
  });

  it("say which schemes are known where one is not, also over layers", async () => {
    const { retried: store } = recommendedStack(router());
    for (const call of [store.read("warm://b/a"), store.copy("a", "warm://b/a"), pathsOf(store, "warm://b/")].map(
      failureOf,
    )) {
      const { code, message } = await call;
      expect(code).toBe("UNKNOWN_SCHEME");
      expect(message).toContain("cold");
      expect(message).not.toContain("warm");
    }
    const plain = recommendedStack(new MemoryStore()).retried;
    expect((await failureOf(plain.read("warm://b/a"))).code).toBe("INVALID_PATH");
  });

  it("are kept inside by an absolute prefix", async () => {
    const cold = new MemoryStore();
    const store = withPrefix(router(cold), "cold://bucket/tenants/42");
    await store.write("a b", "content");
    expect(await pathsOf(cold)).toEqual(["tenants/42/a b"]);
    expect(await pathsOf(store)).toEqual(["a b"]);
    expect((await store.capabilityOf!("a b")).maxPathLength).toBe(1024 - 11);
    expect(await failureOf(store.read("missing"))).toMatchObject({ code: "NOT_FOUND", path: "missing" });
    expect((await failureOf(store.read("cold://bucket/tenants/43/a"))).code).toBe("INVALID_PATH");
  });

  it("refuse for an absolute path what the target can't do, not what the primary can't", async () => {
    const less = new RecordingStore(new MemoryStore(), { metadata: false, ifNoneMatch: false, maxPathLength: 20 });
    const bare = withConcurrencyLimit(less, { limit: 9 }); // which refuses what is not advertised
    const able = new RoutingStore({ primary: bare, schemes: { cold: () => new MemoryStore() } });
    const unable = new RoutingStore({ primary: new MemoryStore(), schemes: { cold: () => bare } });
    const options = { metadata: { owner: "me" }, ifNoneMatch: "*" } as const;
    const path = `cold://bucket/${"x".repeat(20)}`;
    const { metadata } = await recommendedStack(able).retried.write(path, "content", options);
    expect(metadata).toEqual(options.metadata);
    const failure = await failureOf(recommendedStack(unable).retried.write("cold://bucket/a", "content", options));
    expect(failure).toMatchObject({ code: "UNSUPPORTED", operation: "write" });
    const plain = recommendedStack(able).retried;
    expect((await failureOf(plain.write("a", "content", options))).code).toBe("UNSUPPORTED");
  });

  storeConformance(
    { describe, it },
    {
      name: "an absolute prefix over a RoutingStore",
      create: () => withPrefix(router(), "cold://bucket/a b"),
      largeObjectSize: 50_000,
    },
  );
});
