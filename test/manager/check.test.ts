import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore, MemoryStore, StorageError, StorageManager, withFeatures, type Store } from "../../src/index.js";
import { S3Store } from "../../src/s3.js";
import { failureOf } from "../support/failure.js";

async function left(store: MemoryStore): Promise<string[]> {
  const paths = [];
  for await (const { path } of MemoryStore.prototype.list.call(store, "")) paths.push(path);
  return paths;
}

/** A store, one method of which does what `replace` does. */
function broken<Method extends "write" | "read" | "list" | "delete">(
  method: Method,
  replace: (...call: Parameters<Store[Method]>) => unknown,
): MemoryStore {
  return Object.assign(new MemoryStore(), { [method]: replace });
}

describe("check", () => {
  it("writes, reads, lists and deletes a probe below outputPrefix, in a reserved name", async () => {
    const store = new MemoryStore();
    const seen: string[] = [];
    for (const method of ["write", "read", "delete"] as const) {
      const own = store[method].bind(store) as (path: string, ...rest: unknown[]) => Promise<unknown>;
      Object.assign(store, {
        [method]: (path: string, ...rest: unknown[]) => {
          seen.push(`${method} ${path.replace(/[0-9a-f-]{36}$/, "*")}`);
          return own(path, ...rest);
        },
      });
    }
    await new StorageManager({ store, outputPrefix: "results" }).check();
    expect(seen).toEqual(["write", "read", "delete"].map((method) => `${method} results/.coatcheck/check-*`));
    expect(await left(store)).toEqual([]);
  });

  it("of a tenant lies below the tenant's prefix", async () => {
    const store = new MemoryStore();
    const write = jest.spyOn(store, "write");
    await new StorageManager({ store }).forTenant("acme").check();
    expect(write.mock.calls[0]![0]).toMatch(/^outputs\/acme\/\.coatcheck\/check-/);
  });

  it("passes over what the store can't, and writes nothing that can't be deleted", async () => {
    for (const missing of [{ delete: false }, { write: false }, { list: false }, { read: false }, { stat: false }]) {
      const store = new MemoryStore();
      Object.assign(store, { capability: { ...store.capability, ...missing } });
      await new StorageManager({ store }).check();
      Object.assign(store, { capability: new MemoryStore().capability });
      expect(await left(store)).toEqual([]);
    }
    await new StorageManager({ store: withFeatures(new MemoryStore()) }).check();
  });

  it.each([
    ["write", "s3:PutObject"],
    ["read", "s3:GetObject"],
    ["list", "s3:ListBucket"],
    ["delete", "s3:DeleteObject"],
  ] as const)("names the right to %s that is missing, and leaves nothing that it can delete", async (step, right) => {
    const denied = (): never => {
      throw new StorageError("PERMISSION_DENIED", "No.", { store: "s3", operation: step });
    };
    const store = broken(step, denied);
    const error = await failureOf(new StorageManager({ store }).check());
    expect(error).toMatchObject({ code: "PERMISSION_DENIED", operation: "check", store: "s3" });
    expect((error as Error).message).toContain(`could not ${step} an object below "outputs"`);
    expect((error as Error).message).toContain(right);
    expect(await left(store)).toHaveLength(step === "delete" ? 1 : 0);
  });

  it("names all rights that are missing at once, and no other", async () => {
    const denied = (): never => {
      throw new StorageError("PERMISSION_DENIED", "No.", { store: "s3" });
    };
    const cases = [
      ["write", "delete"],
      ["read", "list"],
      ["list", "delete"],
      ["write", "read", "list", "delete"],
    ] as const;
    for (const steps of cases) {
      const store = Object.assign(new MemoryStore(), Object.fromEntries(steps.map((step) => [step, denied])));
      const { code, message } = await failureOf(new StorageManager({ store }).check());
      const named = [...message.matchAll(/could not (\w+) an object/g)].map(([, step]) => step);
      expect([code, named]).toEqual(["PERMISSION_DENIED", steps]);
    }
    const store = Object.assign(broken("write", denied), {
      list: () => {
        throw new StorageError("UNAVAILABLE", "Not now.");
      },
    });
    const error = await failureOf(new StorageManager({ store }).check());
    expect(error.code).toBe("PERMISSION_DENIED");
    expect(error.message).toContain("could not list");
  });

  it("says that credentials are not good, rather than that a right is missing", async () => {
    const denied = (): never => {
      const cause = Object.assign(new Error("HTTP 403"), { name: "InvalidAccessKeyId" });
      throw new StorageError("PERMISSION_DENIED", "No.", { store: "s3", cause });
    };
    const error = await failureOf(new StorageManager({ store: broken("write", denied) }).check());
    expect((error as Error).message).toContain("The credentials are missing, wrong or expired.");
  });

  it("finds a store that gives other bytes, lists nothing, or does not delete", async () => {
    const other = new MemoryStore();
    await other.write("a", "other");
    const cases = [
      broken("read", () => other.read("a")),
      broken("list", () => other.list("nothing")),
      broken("delete", () => Promise.resolve()),
    ];
    const codes = [];
    for (const store of cases) codes.push(await failureOf(new StorageManager({ store }).check()));
    expect(codes).toMatchObject([{ code: "INTEGRITY" }, { code: "UNEXPECTED" }, { code: "UNEXPECTED" }]);
  });

  it("names the directory that can't be used", async () => {
    const directory = await mkdtemp(join(tmpdir(), "coatcheck-check-"));
    try {
      const root = join(directory, "file", "objects");
      await writeFile(join(directory, "file"), "in the way");
      const error = await failureOf(new StorageManager({ store: new FileStore({ root }) }).check());
      expect(error).toMatchObject({ operation: "check", store: "file" });
      expect((error as Error).message).toContain(JSON.stringify(root));
      const good = new StorageManager({ store: new FileStore({ root: join(directory, "good") }) });
      await good.check();
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("names the bucket that is missing", async () => {
    const server = createServer((request, response) => {
      request.resume().on("end", () => response.writeHead(404).end("<Error><Code>NoSuchBucket</Code></Error>"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = { accessKeyId: "a", secretAccessKey: "b" };
    const clientConfig = { endpoint, region: "us-east-1", forcePathStyle: true, credentials, maxAttempts: 1 };
    const manager = new StorageManager({ store: new S3Store({ bucket: "tickets", clientConfig }) });
    try {
      const error = await failureOf(manager.check());
      expect(error).toMatchObject({ code: "CONTAINER_NOT_FOUND", store: "s3" });
      expect((error as Error).message).toMatch(/the bucket "tickets"\. Create it, or correct its name/);
    } finally {
      await manager.close();
      server.closeAllConnections();
      server.close();
    }
  });

  it("leaves nothing when it is aborted, and is ABORTED", async () => {
    const controller = new AbortController();
    const store = broken("read", () => {
      controller.abort("given up");
      return new Promise(() => undefined);
    });
    const error = await failureOf(new StorageManager({ store }).check({ signal: controller.signal }));
    expect(error).toMatchObject({ code: "ABORTED", cause: "given up" });
    await new Promise(setImmediate); // nobody waits for it
    expect(await left(store)).toEqual([]);
  });

  it("without a store is STORAGE_DISABLED", async () => {
    expect(await failureOf(new StorageManager({}).check())).toMatchObject({ code: "STORAGE_DISABLED" });
  });
});

it("an error of a step that was not named yet says where the check was", async () => {
  const store = broken("delete", () => Promise.reject(new StorageError("UNAVAILABLE", "It is down.")));
  const error = await failureOf(new StorageManager({ store }).check());
  expect(error).toMatchObject({
    code: "UNAVAILABLE",
    store: "memory",
    path: expect.stringContaining(".coatcheck/") as string,
  });
  expect(error.message).toContain("could not delete");
});

it("the credentials of a store of one's own are no right that has a name", async () => {
  const denied = new StorageError("PERMISSION_DENIED", "No.", { store: "own" });
  const store = broken("write", () => Promise.reject(denied));
  expect((await failureOf(new StorageManager({ store }).check())).message).toContain(
    "the right to write, or use others",
  );
});
