import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { Serving } from "./serving.js";

const MARKUP = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
/** A reference, in what was dehydrated. */
interface Reference {
  readonly $storageRef: string;
}

interface Message {
  readonly text: Reference;
  readonly file: Reference;
  readonly items: readonly { readonly note: Reference }[];
}

const text = "please ring twice. ".repeat(100);
const payload = {
  id: 42,
  [MARKUP]: MARKUP + text,
  items: Array.from({ length: 60 }, (_, n) => ({ n, note: `${n} ${text}` })),
};

async function filled(
  options: object = {},
): Promise<{ manager: StorageManager; store: MemoryStore; message: Message }> {
  const store = new MemoryStore();
  const manager = new StorageManager({ store, ...options });
  const message = (await manager.dehydrate(payload, { scope: "run-1/step-2" })) as unknown as Message;
  await manager.dehydrate({ text }, { scope: "run-2", ttl: 86_400_000 });
  return { manager, store, message };
}

async function pathsOf(store: MemoryStore): Promise<string[]> {
  const paths = [];
  for await (const { path } of store.list("")) paths.push(path);
  return paths;
}

describe("scopes", () => {
  it("are told with what they take, and when they end, and which readers are done", async () => {
    const { manager } = await filled();
    await manager.done("run-2", "billing", { readers: ["billing", "search"] });
    const serving = await Serving.entered(manager);
    const { status, json } = await serving.ask("/api/scopes");
    expect([status, json.v, json.complete]).toEqual([200, 1, true]);
    expect(json.scopes).toMatchObject([
      { scope: "run-1/step-2", prefix: "outputs", objects: 1, oldest: expect.any(String) },
      { scope: "run-2", prefix: "outputs", objects: 1, expires: expect.any(String), done: ["billing"] },
    ]);
    expect((await serving.ask("/api/scopes?prefix=outputs/run-1")).json.scopes).toMatchObject([{ scope: "step-2" }]);
    expect((await serving.ask("/api/scopes?prefix=elsewhere")).json.code).toBe("CONFIG_INVALID");
  });

  it("are 500 at most", async () => {
    const store = new MemoryStore();
    for (let index = 0; index < 502; index++)
      await store.write(`outputs/s${index}/${"0".repeat(64)}.json`, Buffer.from("{}"));
    const { json } = await (await Serving.entered(new StorageManager({ store }))).ask("/api/scopes");
    expect([json.scopes.length, json.complete]).toEqual([500, false]);
  });
});

describe("objects", () => {
  it("come by pages, each once", async () => {
    const { manager, store } = await filled();
    for (let index = 0; index < 25; index++)
      await store.write(`outputs/many/${index}-${MARKUP.replaceAll("/", "")}`, Buffer.from("x"));
    const serving = await Serving.entered(manager);
    const seen: string[] = [];
    for (let after: string | undefined = ""; after !== undefined;) {
      const query = new URLSearchParams({ prefix: "outputs/", limit: "10", ...(after !== "" && { after }) });
      const { json } = await serving.ask(`/api/objects?${query.toString()}`);
      expect(json.objects.length).toBeLessThanOrEqual(10);
      seen.push(...json.objects.map(({ path }) => path));
      after = json.next;
    }
    expect(seen).toEqual(await pathsOf(store));
  });

  it("are found below a prefix that holds a question mark, as people write it", async () => {
    const { manager, store } = await filled();
    await store.write("why?because?x", "of why");
    const { json } = await (await Serving.entered(manager)).ask("/api/objects?prefix=why?because?");
    expect(json.objects.map(({ path }) => path)).toEqual(["why?because?x"]);
  });

  it.each(["0", "1001", "-1", "x", "1e3"])("have no page of %s", async (limit) => {
    const serving = await Serving.entered((await filled()).manager);
    expect((await serving.ask(`/api/objects?limit=${limit}`)).status).toBe(400);
  });

  it("show what is in a pack: where entries are, and their references, but no values", async () => {
    const { manager, store } = await filled();
    const { message } = await filled();
    await manager.dehydrate({ message }, { scope: "outer", references: "pass", maxRecursionDepth: 0 });
    const serving = await Serving.entered(manager);
    let entries = 0;
    let references: object[] = [];
    for (const path of await pathsOf(store)) {
      const { json, text: all } = await serving.ask(`/api/object?${new URLSearchParams({ path }).toString()}`);
      expect(json.object).toMatchObject({
        path,
        size: expect.any(Number),
        kind: expect.stringMatching(/pack|envelope/),
      });
      expect(all).not.toContain("ring twice");
      const ends = json.entries.map(({ offset, size }) => offset + size);
      expect(Math.max(...ends)).toBeLessThanOrEqual(json.object.size);
      entries += json.entries.length;
      references = references.concat(
        json.entries.flatMap((entry) => entry.references.map(({ reference }) => reference)),
      );
    }
    expect(entries).toBeGreaterThan(60);
    const { json } = await serving.ask("/api/resolve", { body: { reference: references[0] } });
    expect(json.text).toContain("ring twice");
  });

  it.each(["../../etc/passwd", "outputs/../../x", "/etc/passwd", "outputs//x", "a\0b", "a\\b", ""])(
    "have no path %j",
    async (path) => {
      const serving = await Serving.entered((await filled()).manager);
      const { status, json } = await serving.ask(`/api/object?${new URLSearchParams({ path }).toString()}`);
      expect([status, json.code]).toEqual([400, "INVALID_PATH"]);
    },
  );

  it("that are not there are NOT_FOUND, and a listing that leads out INVALID_PATH", async () => {
    const serving = await Serving.entered((await filled()).manager);
    expect((await serving.ask("/api/object?path=outputs/run")).json).toMatchObject({
      code: "NOT_FOUND",
      path: "outputs/run",
    });
    expect((await serving.ask("/api/objects?prefix=../../etc")).json.code).toBe("INVALID_PATH");
  });
});

describe("a payload", () => {
  it("is drawn without its values, and tells what leaves", async () => {
    const { manager } = await filled();
    const { json } = await (await Serving.entered(manager)).ask("/api/plan", { body: payload });
    const plan = manager.plan(payload);
    expect(json).toMatchObject({ size: plan.size, inlineSize: plan.inlineSize, moreEntries: 0, references: [] });
    expect(json.entries).toHaveLength(plan.entries.length);
    expect(json.svg).toMatch(/^<svg/);
    expect(json.svg).not.toContain("<img");
    expect(json.svg).not.toContain("ring twice");
  });

  it("that is dehydrated shows its references, also where the manager would refuse it", async () => {
    const { message } = await filled();
    const manager = new StorageManager({ store: new MemoryStore(), references: "reject" });
    const { status, json } = await (await Serving.entered(manager)).ask("/api/plan", { body: message });
    expect([status, json.problem.code]).toEqual([200, "INVALID_REFERENCE"]);
    expect(json.references.length).toBeGreaterThan(10);
    expect(json.references.map(({ at }) => at)).toContain("$.items[0].note");
  });
});

describe("a reference", () => {
  it("leads to its value within a budget", async () => {
    const { manager, message } = await filled();
    const body = { reference: message.items[3]!.note };
    const { json } = await (await Serving.entered(manager)).ask("/api/resolve", { body });
    expect(JSON.parse(json.text)).toBe(payload.items[3]!.note);
    const small = await Serving.entered(manager, { maxBytes: 100 });
    expect((await small.ask("/api/resolve", { body })).json.code).toBe("BUDGET_EXCEEDED");
  });

  it("to bytes tells how many they are", async () => {
    const { manager } = await filled();
    const message = (await manager.dehydrate({ file: randomBytes(5000) })) as unknown as Message;
    const serving = await Serving.entered(manager);
    expect((await serving.ask("/api/resolve", { body: { reference: message.file } })).json).toMatchObject({
      text: "5000 bytes",
      isBinary: true,
    });
  });

  it("that is none, leads out, or was not signed is refused", async () => {
    const { manager, message, store } = await filled();
    const resolve = async (serving: Serving, reference: unknown) =>
      (await serving.ask("/api/resolve", { body: { reference } })).json.code;
    const serving = await Serving.entered(manager);
    for (const reference of [undefined, null, "x", 7, {}, [message], { $storageRef: "../x" }]) {
      expect(await resolve(serving, reference)).toBe("BAD_REQUEST");
    }
    const outside = { ...message.items[0]!.note, $storageRef: `secrets/${message.items[0]!.note.$storageRef}` };
    expect(await resolve(serving, outside)).toBe("REFERENCE_DENIED");
    const signing = { keys: { a: randomBytes(32) }, activeKeyId: "a" };
    expect(await resolve(await Serving.entered(new StorageManager({ store, signing })), message.items[0]!.note)).toBe(
      "SIGNATURE_INVALID",
    );
  });
});

describe("the inspector of a tenant", () => {
  it("shows nothing of another one", async () => {
    const { manager, store } = await filled();
    const other = (await manager.forTenant("b").dehydrate({ text }, { scope: "theirs" })) as unknown as Message;
    await manager.forTenant("a").dehydrate({ text }, { scope: "mine" });
    const serving = await Serving.entered(manager.forTenant("a"), { allowDelete: true });
    expect((await serving.ask("/api/scopes")).json.scopes).toMatchObject([{ scope: "mine", prefix: "outputs/a" }]);
    const path = other.text.$storageRef;
    const asked = [
      await serving.ask("/api/objects"),
      await serving.ask("/api/objects?prefix=outputs/b/"),
      await serving.ask(`/api/object?path=${path}`),
      await serving.ask("/api/resolve", { body: { reference: other.text } }),
      await serving.ask("/api/delete", { body: { path, confirm: path } }),
    ];
    expect(asked.map(({ json }) => json.code)).toEqual(asked.map(() => "REFERENCE_DENIED"));
    expect((await serving.ask("/api/scopes?prefix=outputs/b")).status).toBe(400);
    expect((await serving.ask("/api/collect", { body: { prefix: "outputs/b" } })).status).toBe(400);
    const before = await pathsOf(store);
    const { json } = await serving.ask("/api/doctor", { body: {} });
    expect([json.confined, json.findings.length]).toEqual([true, 1]);
    expect(await pathsOf(store)).toEqual(before);
  });
});

describe("the collector", () => {
  it("is run dry: it says why each object would go or stay, and writes nothing", async () => {
    const { manager, store } = await filled();
    const before = await pathsOf(store);
    const { json } = await (await Serving.entered(manager)).ask("/api/collect", { body: { prefix: "" } });
    expect(json.report).toMatchObject({ dryRun: true, scanned: 2, deleted: 0 });
    expect(json.objects.map(({ outcome }) => outcome).sort()).toEqual(["unexpired", "unlabelled"]);
    expect(await pathsOf(store)).toEqual(before);
  });
});

describe("the doctor", () => {
  it("says what the store does, and leaves nothing", async () => {
    const { manager, store } = await filled();
    const before = await pathsOf(store);
    const { json } = await (await Serving.entered(manager)).ask("/api/doctor", { body: {} });
    expect(json).toMatchObject({
      confined: false,
      verdict: expect.stringContaining("The store"),
      capability: { write: true },
    });
    expect(json.findings.length).toBeGreaterThan(8);
    expect(await pathsOf(store)).toEqual(before);
  });
});

describe("events", () => {
  it("are sent as they happen, without scope and run, until the page goes", async () => {
    const { manager } = await filled();
    const serving = await Serving.entered(manager);
    const response = await serving.begin("/api/events");
    expect(response.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    const lines: string[] = [];
    response.setEncoding("utf8").on("data", (chunk: string) => lines.push(chunk));
    await once(response, "data");
    await manager.dehydrate(payload, { scope: "secret-scope", stepRunId: "secret-run" });
    while (!lines.join("").includes('"dehydrate"')) await once(response, "data");
    const told = lines.join("");
    expect(told).not.toContain("secret");
    const last = JSON.parse(told.trim().split("data: ").at(-1)!);
    expect(last).toMatchObject({ operation: "dehydrate", outcome: "success", store: "memory" });
    response.destroy();
  });

  it("go to ten pages at most, and a page that went makes room", async () => {
    const serving = await Serving.entered((await filled()).manager);
    const pages = await Promise.all(Array.from({ length: 10 }, () => serving.begin("/api/events")));
    expect((await serving.ask("/api/events")).json.code).toBe("BUSY");
    pages[0]!.destroy();
    let status = 429;
    while (status === 429) {
      const page = await serving.begin("/api/events");
      status = page.statusCode!;
      page.destroy();
    }
    expect(status).toBe(200);
    pages.forEach((page) => page.destroy());
  });
});

describe("what takes something away", () => {
  const asks = (path: string) =>
    [
      ["/api/release", { scope: "run-2", confirm: "run-2" }],
      ["/api/delete", { path, confirm: path }],
    ] as const;

  it("is refused by an inspector that only reads, as all are at first", async () => {
    const { manager, store } = await filled();
    const before = await pathsOf(store);
    const serving = await Serving.entered(manager);
    for (const [at, body] of asks(before[0]!)) {
      expect((await serving.ask(at, { body })).json.code).toBe("READ_ONLY");
    }
    expect(await pathsOf(store)).toEqual(before);
    expect((await serving.ask("/api/about")).json).toEqual({ v: 1, store: "memory", allowDelete: false });
  });

  it("is done where it was allowed, and its name said twice", async () => {
    const { manager, store } = await filled();
    const [path] = await pathsOf(store);
    const serving = await Serving.entered(manager, { allowDelete: true });
    for (const [at, body] of asks(path!)) {
      for (const confirm of [undefined, "", "run"]) {
        expect((await serving.ask(at, { body: { ...body, confirm } })).json.code).toMatch("NOT_CONFIRMED");
      }
      expect((await serving.ask(at, { body })).json).toEqual({ v: 1, deleted: 1 });
    }
    expect(await pathsOf(store)).toEqual([]);
    expect((await serving.ask("/api/delete", { body: { path: "../x", confirm: "../x" } })).json.code).toBe(
      "INVALID_PATH",
    );
    expect((await serving.ask("/api/release", { body: { scope: 7, confirm: 7 } })).status).toBe(400);
  });
});

it("a failure that is no error of the store says nothing of itself", async () => {
  const store = new MemoryStore();
  const manager = new StorageManager({ store });
  manager.plan = () => {
    throw new Error("secret");
  };
  const { status, text: all } = await (await Serving.entered(manager)).ask("/api/plan", { body: payload });
  expect([status, all]).toEqual([500, '{"code":"UNEXPECTED","message":"The inspector failed."}']);
});

it("without a store it says so", async () => {
  const serving = await Serving.entered(new StorageManager({}));
  for (const path of ["/api/scopes", "/api/objects", "/api/object?path=x"]) {
    expect((await serving.ask(path)).json.code).toBe("STORAGE_DISABLED");
  }
  expect((await serving.ask("/api/doctor", { body: {} })).json.code).toBe("STORAGE_DISABLED");
  expect((await serving.ask("/api/plan", { body: { id: 1 } })).json.size).toBe(8);
});
