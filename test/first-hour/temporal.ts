// A driver for Temporal's external storage. Payloads become claims, and bytes and metadata come back as they were.
import assert from "node:assert/strict";
import { MemoryStore, StorageManager, openValue, packValue, scopePath } from "coatcheck";

// As the SDK of Temporal has them.
interface Payload {
  metadata?: Record<string, Uint8Array> | null;
  data?: Uint8Array | null;
}
interface Claim {
  claimData: Record<string, string>;
}
interface Context {
  abortSignal?: AbortSignal;
  target?: { kind: "workflow" | "activity"; namespace: string; id?: string; runId?: string };
}

class CoatcheckDriver {
  readonly name = "coatcheck";
  readonly type = "example.coatcheck";

  constructor(private readonly manager: StorageManager) {}

  store({ abortSignal: signal, target }: Context, payloads: Payload[]): Promise<Claim[]> {
    const { namespace = "", id = "", runId = "" } = target ?? {};
    const scope = scopePath(namespace, id, runId);
    return Promise.all(
      payloads.map(async ({ metadata, data }) => {
        // Bytes always leave, so that each payload is an envelope of a few hundred bytes.
        const packed = await packValue(this.manager, { metadata, data }, { scope, limit: 4096, signal });
        return { claimData: { envelope: JSON.stringify(packed) } };
      }),
    );
  }

  retrieve({ abortSignal: signal }: Context, claims: Claim[]): Promise<Payload[]> {
    return Promise.all(
      claims.map(({ claimData }) => openValue<Payload>(this.manager, JSON.parse(claimData["envelope"]!), { signal })),
    );
  }
}

const store = new MemoryStore();
const manager = new StorageManager({ store });
const driver = new CoatcheckDriver(manager);

const metadata = { encoding: new TextEncoder().encode("json/plain") };
const payloads = [0, 1, 255].map((byte) => ({ metadata, data: new Uint8Array(500_000).fill(byte) }));
const target = { kind: "workflow", namespace: "default", id: "order/42", runId: "7f" } as const;
const claims = await driver.store({ target }, payloads);
assert.ok(JSON.stringify(claims).length < 6000);

const replayed = await driver.retrieve({}, JSON.parse(JSON.stringify(claims)) as Claim[]);
assert.deepEqual(replayed, payloads);

await assert.rejects(driver.store({ target, abortSignal: AbortSignal.abort() }, payloads), { code: "ABORTED" });
await manager.release(scopePath("default", "order/42"));
for await (const { path } of store.list("")) assert.fail(`${path} is left`);
