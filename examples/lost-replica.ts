// Payloads on three disks. One of them is lost: nobody notices, and it is filled again.
// Run it: npx tsx examples/lost-replica.ts
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore, ReplicatedStore, StorageManager } from "coatcheck";

const root = await mkdtemp(join(tmpdir(), "coatcheck-replicas-"));
const disk = (name: string) => new FileStore({ root: join(root, name) });

const stores = { berlin: disk("berlin"), dublin: disk("dublin"), madrid: disk("madrid") };
const store = new ReplicatedStore({ stores });
const manager = new StorageManager({ store });

const order = { id: 42, lines: Array.from({ length: 300 }, (_, line) => ({ line, text: `line ${line}` })) };
const ticket = await manager.dehydrate(order, { scope: "order-42" });
console.log(`dehydrated: ${JSON.stringify(ticket).length} bytes travel, three disks hold the rest`);

// The disk that is read first. Its files are gone, and the store does not know.
await rm(join(root, "berlin"), { recursive: true });

assert.deepEqual(await manager.hydrate(ticket), order);
console.log("berlin is lost: hydrated from another disk");

const { objects, repaired } = await store.scrub("");
console.log(`scrubbed: ${repaired} of ${objects} objects mended`);

// Now the others could go.
for (const name of ["dublin", "madrid"]) await rm(join(root, name), { recursive: true });
assert.deepEqual(await manager.hydrate(ticket), order);
console.log("dublin and madrid are lost: hydrated from berlin");

await manager.close();
await rm(root, { recursive: true });
