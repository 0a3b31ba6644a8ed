// A process of its own for the tests of FileStore, which compile it: `node file-store-child.js <command> <root> <number>`.
import { createHash } from "node:crypto";
import { once } from "node:events";
import fs, { open } from "node:fs/promises";
import { FileStore } from "../../../../src/store/drivers/file/index.js";

const [command, root = "", number = "0"] = process.argv.slice(2);

/** An object that tells whether it is entire: its version, the digest of the rest, the rest. */
function bodyOf(version: number): Buffer {
  // Small, larger than one write of a stream, and in between.
  const payload = Buffer.alloc([10, 5_000, 300_000][version % 3]!, `${version} `);
  return Buffer.from(`${version}\n${createHash("sha256").update(payload).digest("hex")}\n${payload.toString()}`);
}

async function* inChunks(bytes: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
  for (let offset = 0; offset < bytes.length; offset += 65_536) {
    yield await Promise.resolve(bytes.subarray(offset, offset + 65_536));
  }
}

function report(line: string): void {
  process.stdout.write(`${line}\n`); // to a pipe this is synchronous: what is reported was done
}

/** Writes, overwrites, copies and deletes for ever, and reports what is acknowledged. */
async function churn(store: FileStore, first: number): Promise<void> {
  const lane = async (key: number): Promise<void> => {
    for (let version = first; ; version++) {
      const body = bodyOf(version + key);
      await store.write(`kept/${key}/x.json`, key % 2 === 0 ? body : inChunks(body));
      report(`kept/${key}/x.json ${version + key}`);
      await store.copy(`kept/${key}/x.json`, `gone/${key}/y`);
      await store.delete(`gone/${key}/y`);
      await store.write(`gone/${key}/y`, body, { ifNoneMatch: "*" });
      await store.delete(`gone/${key}/y`);
    }
  };
  await Promise.all([0, 1, 2, 3].map(lane));
}

/** Does the same once, but dies before the given change of the file system. */
async function dieAt(store: FileStore, step: number): Promise<void> {
  await killBefore(step);
  const version = 1_000_000 + step;
  await store.delete("gone/0/y"); // an earlier process may have died before it did
  await store.write("kept/0/x.json", inChunks(bodyOf(version)));
  report(`kept/0/x.json ${version}`);
  await store.write("gone/0/y", bodyOf(version), { ifNoneMatch: "*" });
  await store.copy("kept/0/x.json", "gone/1/y");
  await store.delete("gone/0/y");
  await store.delete("gone/1/y");
  await store.write("kept/0/x.json", bodyOf(version + 1));
  report(`kept/0/x.json ${version + 1}`);
  await killBefore(0);
  await store.close();
}

async function killBefore(step: number): Promise<void> {
  let left = step;
  const handle = await open(process.execPath);
  const handles = Object.getPrototypeOf(handle) as object;
  await handle.close();
  const changes: [object, string[]][] = [
    [fs, ["mkdir", "open", "rename", "link", "unlink", "rmdir", "copyFile"]],
    [handles, ["write", "utimes", "sync"]],
  ];
  for (const [target, names] of changes) {
    for (const name of names) {
      const original = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      Reflect.set(target, name, function (this: unknown, ...args: unknown[]) {
        if (left-- === 0) process.kill(process.pid, "SIGKILL");
        return original.apply(this, args);
      });
    }
  }
}

/** Writes one object many times at once, if it is absent, when it is told to. Reports how many have won. */
async function race(store: FileStore, writers: number): Promise<void> {
  report("ready");
  await once(process.stdin, "data");
  const writes = Array.from({ length: writers }, (_, i) =>
    store.write("one", `${process.pid}-${i}`, { ifNoneMatch: "*" }),
  );
  const results = await Promise.allSettled(writes);
  report(JSON.stringify(results.map((result) => (result.status === "fulfilled" ? "won" : codeOf(result.reason)))));
  process.stdin.destroy();
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

const commands: Record<string, (store: FileStore, argument: number) => Promise<void>> = { churn, dieAt, race };
void commands[command ?? ""]!(new FileStore({ root, fsync: command === "dieAt" }), Number(number));
