import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import fs, { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileStore } from "../../../../src/store/drivers/file/index.js";
import { currentProcess, livenessOf } from "../../../../src/store/drivers/file/process-identity.js";
import { ABANDONED_AFTER, removeAbandoned } from "../../../../src/store/drivers/file/temporary-files.js";
import { pathsOf, textOf, treeOf, useDirectories } from "./file-roots.js";

const newDirectory = useDirectories();
const NOW = Date.now();
const RANDOM = "0123456789abcdef01234567";
const me = currentProcess();
const elsewhere = "0".repeat(16);

/** The number of a process that has ended. */
function endedPid(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

/** A root with temporary files, each last touched so many ms ago. */
async function rootWith(temporaries: Record<string, number>): Promise<string> {
  const root = await newDirectory();
  await mkdir(join(root, "%tmp"));
  for (const [name, age] of Object.entries(temporaries)) {
    const file = join(root, "%tmp", name);
    await writeFile(file, "unfinished");
    await utimes(file, (NOW - age) / 1000, (NOW - age) / 1000);
  }
  return root;
}

describe("temporary files", () => {
  it("of an ended process are removed at once", async () => {
    const root = await rootWith({ [`${me.domain}-${endedPid()}-1-${RANDOM}`]: 0 });
    await removeAbandoned(root, NOW);
    expect(await treeOf(root)).toEqual([]);
  });

  it("of an earlier process with the number of one that runs are removed", async () => {
    const root = await rootWith({ [`${me.domain}-${me.pid}-1-${RANDOM}`]: 0 });
    await removeAbandoned(root, NOW);
    expect(await treeOf(root)).toEqual([]);
  });

  it("of a process that runs are kept, however old", async () => {
    const child = spawn("sleep", ["1000"]);
    try {
      const names = [
        `${me.domain}-${me.pid}-${me.start}-${RANDOM}`,
        `${me.domain}-${child.pid!}-0-${RANDOM}`, // where the start time can't be told
        `${me.domain}-1-0-${RANDOM}`,
      ];
      const root = await rootWith(Object.fromEntries(names.map((name) => [name, 10 * ABANDONED_AFTER])));
      await removeAbandoned(root, NOW);
      expect(await readdir(join(root, "%tmp"))).toEqual(names.sort());
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });

  it("of a process in another container are removed when they were not touched for an hour", async () => {
    const young = `${elsewhere}-1-1-${RANDOM}`;
    const root = await rootWith({
      [young]: ABANDONED_AFTER - 1000,
      [`${elsewhere}-2-1-${RANDOM}`]: ABANDONED_AFTER + 1000,
      "of nobody": ABANDONED_AFTER + 1000,
    });
    await removeAbandoned(root, NOW);
    expect(await readdir(join(root, "%tmp"))).toEqual([young]);
  });

  it("are swept on the first use of a store, whatever it is", async () => {
    const uses: ((store: FileStore) => Promise<unknown>)[] = [
      (store) => store.write("x.json", "1"),
      (store) => textOf(store, "x.json"),
      (store) => store.stat("x.json"),
      (store) => pathsOf(store),
      (store) => store.copy("x.json", "x.json"),
      (store) => store.delete("x.json"),
      (store) => store.close(),
    ];
    const pid = endedPid();
    for (const use of uses) {
      const root = await rootWith({ [`${me.domain}-${pid}-1-${RANDOM}`]: 0 });
      await writeFile(join(root, "x.json"), "1");
      const store = new FileStore({ root, fsync: false });
      await use(store);
      expect((await treeOf(root)).filter((name) => name.startsWith("%tmp/"))).toEqual([]);
    }
  });

  it("are never objects", async () => {
    const root = await rootWith({ "x.json": 0 });
    const store = new FileStore({ root, fsync: false });
    expect(await pathsOf(store)).toEqual([]);
    expect(await pathsOf(store, "%tmp")).toEqual([]);
    expect(await store.stat("%tmp/x.json")).toBeUndefined();
    await store.write("%tmp/x.json", "ours");
    expect(await pathsOf(store, "%tmp/")).toEqual(["%tmp/x.json"]);
    expect(await fs.readFile(join(root, "%tmp/x.json"), "utf8")).toBe("unfinished");
  });

  it("that can't be removed or looked at keep nobody from working", async () => {
    const root = await rootWith({ [`${me.domain}-${endedPid()}-1-${RANDOM}`]: 0 });
    const denied = Object.assign(new Error(), { code: "EACCES" });
    const store = new FileStore({ root, fsync: false });
    const readdirs = jest.spyOn(fs, "readdir").mockRejectedValueOnce(denied);
    try {
      expect(await store.stat("x")).toBeUndefined();
      expect(readdirs).toHaveBeenCalledTimes(1);
    } finally {
      readdirs.mockRestore();
    }
    const unlinks = jest.spyOn(fs, "unlink").mockRejectedValue(denied);
    try {
      expect(await pathsOf(new FileStore({ root }))).toEqual([]);
    } finally {
      unlinks.mockRestore();
    }
  });

  it("can be made while other stores open and close on the same root", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root, fsync: false });
    const written = Promise.all(Array.from({ length: 200 }, (_, i) => store.write(`x/${i}`, String(i))));
    const opened = Promise.all(
      Array.from({ length: 200 }, async () => {
        const other = new FileStore({ root, fsync: false });
        await other.stat("x/1");
        await other.close();
      }),
    );
    await Promise.all([written, opened]);
    expect(await pathsOf(store)).toHaveLength(200);
  });
});

describe("the liveness of a process", () => {
  it("is known of this process and of an ended one, and unknown elsewhere", () => {
    expect(livenessOf(me)).toBe("alive");
    expect(livenessOf({ ...me, start: "0" })).toBe("alive");
    expect(livenessOf({ ...me, start: "1" })).toBe("dead");
    expect(livenessOf({ ...me, pid: endedPid() })).toBe("dead");
    expect(livenessOf({ ...me, domain: elsewhere })).toBeUndefined();
  });

  it("is that of a dead one once it was killed, before its parent takes notice", async () => {
    const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 1000"]);
    try {
      const [line] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(line.toString());
      while (livenessOf({ ...me, pid, start: startOf(pid) }) === "alive") await new Promise(setImmediate);
      expect(livenessOf({ ...me, pid, start: startOf(pid) })).toBe("dead");
    } finally {
      parent.kill("SIGKILL");
      await once(parent, "exit");
    }
  });
});

function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]!;
}
