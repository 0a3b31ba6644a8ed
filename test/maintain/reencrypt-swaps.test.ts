import { randomBytes } from "node:crypto";
import { aes256gcm, MemoryStore, StorageManager, type StorageReference, type Store } from "../../src/index.js";
import { failureOf } from "../support/failure.js";

// Who writes the bucket has no key, but can put one object in the place of another at any time.

const keys = { old: randomBytes(32), fresh: randomBytes(32), third: randomBytes(32) };
const LARGE = 17_000_000; // over what is encrypted again in memory

function managerOf(store: Store, activeKeyId: keyof typeof keys): StorageManager {
  return new StorageManager({ store, codecs: [aes256gcm({ keys, activeKeyId })], pack: false });
}

/** A store in which an object is another one from its second read of the whole on, or from its first. */
class Swapping extends MemoryStore {
  override readonly capability;
  swap: { readonly path: string; readonly by: Uint8Array; readonly after: number; isBack?: boolean } | undefined;
  private reads = 0;

  constructor(copy: boolean) {
    super();
    this.capability = Object.freeze({ ...new MemoryStore().capability, copy, ifMatch: false }); // as S3-compatible servers are
  }

  override async read(...[path, options]: Parameters<Store["read"]>): ReturnType<Store["read"]> {
    const { swap } = this;
    const isWhole = options?.length === undefined;
    if (swap === undefined || path !== swap.path || !isWhole || this.reads++ < swap.after)
      return super.read(path, options);
    const original = await (await super.read(path)).bytes();
    await super.write(path, swap.by);
    const result = await super.read(path, options);
    if (swap.isBack !== true) return result;
    await super.write(path, original); // so that nobody finds it later
    this.reads = 0;
    return result;
  }
}

async function bytesOf(store: Store, path: string): Promise<Uint8Array> {
  return (await store.read(path)).bytes();
}

async function* streamOf(fill: number): AsyncGenerator<Uint8Array> {
  for (let size = 0; size < LARGE; size += 1_000_000) yield await Promise.resolve(Buffer.alloc(1_000_000, fill));
}

async function pathsOf(store: Store): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list("")) paths.push(path);
  return paths;
}

describe("an object that is swapped while it is encrypted again", () => {
  it.each([undefined, true])("is not taken for the one that was read first (put back: %s)", async (isBack) => {
    const store = new Swapping(false); // names its streams by no content
    const manager = managerOf(store, "old");
    const [mine, other] = (await manager.dehydrate([streamOf(1), streamOf(2)], { scope: "s" })) as StorageReference[];
    const path = mine!.$storageRef;
    const by = await bytesOf(store, other!.$storageRef);
    store.swap = { path, by, after: 1, ...(isBack && { isBack }) };
    const report = await managerOf(store, "fresh").reencrypt(path);
    store.swap = undefined;
    // Never the content of the other under a reference to the first.
    const back = await managerOf(store, "fresh")
      .hydrate<Uint8Array>(mine)
      .catch((error: unknown) => error);
    if (back instanceof Uint8Array) expect(back[0]).toBe(1);
    else expect(back).toMatchObject({ code: expect.stringMatching(/^(?:INTEGRITY|NOT_FOUND)$/) });
    if (isBack === true) {
      expect(report).toMatchObject({
        reencrypted: 0,
        failures: [{ path, error: { code: "PRECONDITION_FAILED", path } }],
      });
      expect(await pathsOf(store)).not.toContain(`${path}.reencrypted`);
    }
  });

  it("is not taken for the one whose header was read, where it had taken a place already", async () => {
    const store = new Swapping(true);
    const references = (await managerOf(store, "old").dehydrate([streamOf(1), streamOf(2)], {
      scope: "s",
    })) as StorageReference[];
    expect(await managerOf(store, "fresh").reencrypt("")).toMatchObject({ reencrypted: 2 });
    const [path, other] = references.map(({ $storageRef }) => `${$storageRef}.reencrypted`) as [string, string];
    store.swap = { path, by: await bytesOf(store, other), after: 0, isBack: true };
    const report = await managerOf(store, "third").reencrypt(path);
    expect(report).toMatchObject({ reencrypted: 0, failures: [{ path, error: { code: "PRECONDITION_FAILED" } }] });
    store.swap = undefined;
    expect((await managerOf(store, "third").hydrate<Uint8Array>(references[0]))[0]).toBe(1);
  });

  it.each([
    { kind: "small", bodies: [Buffer.alloc(5000, 1), Buffer.alloc(5000, 2)] },
    { kind: "large", bodies: [Buffer.alloc(LARGE, 1), Buffer.alloc(LARGE, 2)] },
  ])("is refused where its path says its digest, and stays: $kind", async ({ bodies }) => {
    const store = new MemoryStore();
    const references = (await managerOf(store, "old").dehydrate(bodies, { scope: "s" })) as StorageReference[];
    const [path, other] = references.map(({ $storageRef }) => $storageRef) as [string, string];
    const [bytes, by] = [await bytesOf(store, path), await bytesOf(store, other)];
    await store.write(path, by);
    const report = await managerOf(store, "fresh").reencrypt(path);
    expect(report).toMatchObject({ reencrypted: 0, failures: [{ path, error: { code: "INTEGRITY", path } }] });
    expect((await pathsOf(store)).sort()).toEqual([path, other].sort());
    expect(await failureOf(managerOf(store, "fresh").hydrate(references[0]))).toMatchObject({ code: "INTEGRITY" });
    // What the attacker puts back is good again.
    await store.write(path, bytes);
    expect(await managerOf(store, "fresh").reencrypt("")).toMatchObject({ reencrypted: 2, failed: 0 });
    expect((await managerOf(store, "fresh").hydrate<Uint8Array[]>(references))[0]!.at(0)).toBe(1);
  });
});
