import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";

// Run with a small heap, by endless.test.ts: prints the error of each call as JSON.

class Pointing {
  other?: Pointing;
  toJSON(): object {
    return Object.fromEntries(Object.entries(this));
  }
}

const endless = (): object => ({
  get next() {
    return endless();
  },
});
const fanning = (): object => ({
  get a() {
    return [fanning(), 1];
  },
  get b() {
    return fanning();
  },
});
const proxy = (): object => new Proxy({ next: 0 }, { get: (_, key) => (key === "next" ? proxy() : undefined) });
const arrays = (): object =>
  new Proxy([0], { get: (target, key) => (key === "0" ? arrays() : (Reflect.get(target, key) as unknown)) });

function pointing(): object {
  const [a, b] = [new Pointing(), new Pointing()];
  a.other = b;
  b.other = a;
  return { list: [a] };
}
const itself = { toJSON: (): object => ({ again: { toJSON: itself.toJSON } }) };

const PAYLOADS: Record<string, () => unknown> = {
  pointing,
  itself: () => itself,
  endless,
  fanning,
  proxy,
  arrays,
};

const [, , name = "", canonical] = process.argv;
const manager = new StorageManager({ store: new MemoryStore(), canonical: canonical === "canonical" });
const payload = PAYLOADS[name]!();

async function main(): Promise<void> {
  const failures: unknown[] = [];
  for (const run of [
    () => manager.dehydrate(payload),
    () => manager.dehydrateInputs(payload),
    () => Promise.resolve().then(() => manager.plan(payload)),
  ]) {
    const { code, message } = await run().then(
      () => ({ code: "none", message: "" }),
      (failure: unknown) => failure as { code: string; message: string },
    );
    failures.push({ code, message: message.slice(0, 60), length: message.length });
  }
  process.stdout.write(JSON.stringify(failures));
}

void main();
