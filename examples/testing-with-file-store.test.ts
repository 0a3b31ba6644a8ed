// Tests of code that uses coatcheck need no server and no mock: hand in a FileStore instead of an S3Store. A manager
// treats all stores alike. Here with node:test; jest and vitest look the same.
// Run it: node --import tsx --test examples/testing-with-file-store.test.ts
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { FileStore, StorageManager, isStorageError } from "coatcheck";

/** The code under test. It takes the manager, and so it never knows which store is behind it. */
async function archive(manager: StorageManager, invoice: { number: string; pages: string[] }): Promise<string> {
  return JSON.stringify(await manager.dehydrate(invoice, { scope: `invoices/${invoice.number}` }));
}

describe("archive", () => {
  const invoice = { number: "2026-17", pages: ["first page. ".repeat(200), "second page"] };
  let root: string;
  let manager: StorageManager;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "coatcheck-test-"));
    // fsync makes writes survive a power cut; a test can do without, and is faster.
    manager = new StorageManager({ store: new FileStore({ root, fsync: false }) });
  });

  afterEach(async () => {
    await manager.close();
    await rm(root, { recursive: true });
  });

  it("keeps the whole invoice", async () => {
    const ticket = await archive(manager, invoice);
    assert.deepEqual(await manager.hydrate(JSON.parse(ticket)), invoice);
  });

  it("stores long pages apart from the ticket", async () => {
    const ticket = await archive(manager, invoice);
    assert.ok(ticket.length < 1024);
    assert.ok(!ticket.includes("first page"));
  });

  it("fails with a code when the invoice is gone", async () => {
    const ticket = await archive(manager, invoice);
    await manager.release("invoices/2026-17");
    await assert.rejects(manager.hydrate(JSON.parse(ticket)), (error) => isStorageError(error, "NOT_FOUND"));
  });
});
