import fc from "fast-check";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { tenantAudience } from "../../src/configure/tenant.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { expectRefused, referenceBy, signingManager, withoutSignature } from "../support/signing.js";

const GET = { method: "GET", expiresIn: 60 } as const;

describe("References of a tenant", () => {
  it("are signed for the tenant, whose name says for whom to others", async () => {
    const { manager } = signingManager();
    const tenant = manager.forTenant("a");
    const reference = await referenceBy(tenant);
    expect(await tenant.hydrate(reference)).toBe(longText("a"));
    expect(await (await tenant.open(reference)).bytes()).toHaveLength(longText("a").length);
    await expectRefused(manager.hydrate(reference));
    expect(await manager.hydrate(reference, { audience: "a" })).toBe(longText("a"));
    await expectRefused(manager.hydrate(reference, { audience: "b" }));
  });

  it("are no other tenant's, whatever it says, and that is seen before any I/O", async () => {
    const { manager, store } = signingManager();
    const reference = await referenceBy(manager.forTenant("a"));
    const moved = { ...reference, $storageRef: reference.$storageRef.replace("/a/", "/b/") };
    const other = manager.forTenant("b");
    store.calls.length = 0;
    for (const each of [reference, moved]) {
      await expectRefused(other.hydrate(each));
      await expectRefused(other.hydrate(each, { audience: "a" }));
      await expectRefused(other.open(each));
      await expectRefused(other.presign(each, GET));
      await expectRefused(other.presign(each, { ...GET, audience: "a" }));
    }
    // Signed for it by somebody who may, it is still none of its own.
    const foreign = await referenceBy(manager, "x", "b");
    store.calls.length = 0;
    expect((await failureOf(other.hydrate(foreign))).code).toBe("REFERENCE_DENIED");
    expect(store.calls).toEqual([]);
  });

  it("are for the tenant within the audience of the manager, or of the call", async () => {
    const { manager } = signingManager({ audience: "service" });
    const [a, b] = [manager.forTenant("a"), manager.forTenant("b")];
    const reference = await referenceBy(a);
    expect(await a.hydrate(reference)).toBe(longText("a"));
    expect(await manager.hydrate(reference, { audience: "service/a" })).toBe(longText("a"));
    await expectRefused(manager.hydrate(reference, { audience: "a" }));
    const forCall = await referenceBy(a, "b", "other");
    await expectRefused(a.hydrate(forCall));
    expect(await a.hydrate(forCall, { audience: "other" })).toBe(longText("b"));
    expect(await manager.hydrate(forCall, { audience: "other/a" })).toBe(longText("b"));
    await expectRefused(b.hydrate(forCall, { audience: "other" }));
  });

  it("pass through a dehydration of the same tenant by themselves, and of no other", async () => {
    const { manager } = signingManager();
    const [a, b] = [manager.forTenant("a"), manager.forTenant("b")];
    const reference = await referenceBy(a);
    expect(await a.dehydrate({ reference })).toEqual({ reference });
    const escaped = await b.dehydrate({ reference });
    expect(escaped).not.toEqual({ reference });
    expect(await b.hydrate(escaped)).toEqual({ reference });
  });

  it("never have the audience of another pair of audience and tenant", () => {
    const tenant = fc.string().filter((text) => text !== "" && !text.includes("/"));
    const pair = fc.tuple(fc.option(fc.string({ minLength: 1 }), { nil: undefined }), tenant);
    const property = fc.property(pair, pair, ([audience, name], [otherAudience, otherName]) => {
      const same = tenantAudience(audience, name) === tenantAudience(otherAudience, otherName);
      expect(same).toBe(audience === otherAudience && name === otherName);
    });
    fc.assert(property);
    expect(tenantAudience("x/a", "b")).not.toBe(tenantAudience("x", "a"));
  });

  it("have no audience where nothing is signed", async () => {
    const tenant = new StorageManager({ store: new MemoryStore() }).forTenant("a");
    const call = tenant.hydrate(1, { audience: "a" });
    expect((await failureOf(call)).code).toBe("CONFIG_INVALID");
    expect((await failureOf(tenant.presign("outputs/a/x", { ...GET, audience: "a" }))).code).toBe("CONFIG_INVALID");
  });
});

describe("presign, with signing", () => {
  /** A manager whose store signs URLs, and says for which paths. */
  function presigning(audience?: string) {
    const { manager, store } = signingManager({ ...(audience !== undefined && { audience }) }, { pack: false });
    const paths: string[] = [];
    store.presign = (path) => {
      paths.push(path);
      return Promise.resolve("https://host.example/");
    };
    return { manager, paths };
  }

  it("looks at the signature of a reference first", async () => {
    const { manager, paths } = presigning();
    const reference = await referenceBy(manager);
    const outside = { ...reference, $storageRef: "elsewhere/x.json" };
    const part = { ...reference, $storagePath: "a" };
    const own = { ...reference, $storageSize: 1 };
    for (const each of [withoutSignature(reference), outside, part, own, { $bubuStorageRef: "outputs/s/a.json" }]) {
      const error = await failureOf(manager.presign(each, GET));
      expect(error).toMatchObject({ code: "SIGNATURE_INVALID", operation: "presign" });
    }
    expect(paths).toEqual([]);
    await manager.presign(reference, GET);
    expect(paths).toEqual([reference.$storageRef]);
    expect((await failureOf(manager.presign(manager.select(reference, "a"), GET))).code).toBe("INVALID_REFERENCE");
  });

  it("takes the audience of the call", async () => {
    const { manager, paths } = presigning("service");
    const reference = await referenceBy(manager.forTenant("a"));
    await expectRefused(manager.presign(reference, GET));
    await manager.presign(reference, { ...GET, audience: "service/a" });
    await manager.forTenant("a").presign(reference, GET);
    expect(paths).toEqual([reference.$storageRef, reference.$storageRef]);
  });

  it("signs paths without: whoever asks for one is no stranger", async () => {
    const { manager, paths } = presigning();
    await manager.presign("outputs/a", GET);
    expect(paths).toEqual(["outputs/a"]);
  });
});
