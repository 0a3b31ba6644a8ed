import { createHash } from "node:crypto";
import { join } from "node:path";
import { importByName } from "../../src/async/import-by-name.js";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { FileStore } from "../../src/store/drivers/file/file-store.js";
import { newDirectory, runCommand, type Ran } from "./run-command.js";

type Import = { importByName: typeof importByName };
const original = jest.requireActual<Import>("../../src/async/import-by-name.js").importByName;
jest.mock("../../src/async/import-by-name.js", () => ({ importByName: jest.fn() }));

beforeEach(() => {
  jest.mocked(importByName).mockImplementation(original);
});

const COUNT = 60;
const OVER = "@2020-01-01";
const directory = newDirectory();
let name = 0;

/** A store of files with objects that are over, and that are not. */
async function newStore(): Promise<{ url: string; store: FileStore }> {
  const root = join(directory.path, `store-${name++}`);
  const store = new FileStore({ root, fsync: false });
  for (let index = 0; index < COUNT; index++) {
    const body = JSON.stringify({ contentType: "json", data: index });
    const hex = createHash("sha256").update(body).digest("hex");
    await store.write(`outputs/run/${index % 2 === 0 ? `${OVER}/` : ""}${hex}.json`, body);
  }
  return { url: `file://${root}`, store };
}

async function pathsOf(store: FileStore): Promise<string[]> {
  const paths = [];
  for await (const { path } of store.list("outputs/")) paths.push(path);
  return paths.filter((path) => !path.includes("/.coatcheck"));
}

const run = (args: string, stdin = "") => runCommand(args.split(" "), { cwd: directory.path, stdin });

function countsOf(...runs: readonly Ran[]): Record<string, number>[] {
  for (const { exitCode, stderr } of runs) expect([exitCode, stderr]).toEqual([0, ""]);
  return runs.map(({ stdout }) => JSON.parse(stdout) as Record<string, number>);
}

describe("two commands at once on one directory", () => {
  it("gc beside gc delete what is over, and nothing fails", async () => {
    const { url, store } = await newStore();
    const gc = `--store ${url} gc --yes --json`;
    for (const { failed } of countsOf(...(await Promise.all([run(gc), run(gc)])))) expect(failed).toBe(0);
    expect(await pathsOf(store)).toHaveLength(COUNT / 2);
  });

  it("release beside dehydrate leave each payload whole, or gone as a whole", async () => {
    const { url } = await newStore();
    const payload = JSON.stringify(Array.from({ length: 5 }, (_, index) => `${index}`.repeat(2000)));
    const dehydrate = (scope: string) => run(`--store ${url} dehydrate --scope ${scope}`, payload);
    const [released, within, beside] = await Promise.all([
      run(`--store ${url} release run --yes --json`),
      dehydrate("run/step"),
      dehydrate("other"),
    ]);
    countsOf(released);
    expect(within.exitCode).toBe(0);
    expect([0, 10]).toContain((await run(`--store ${url} hydrate`, within.stdout)).exitCode);
    expect((await run(`--store ${url} hydrate`, beside.stdout)).stdout).toBe(`${payload}\n`);
    expect(countsOf(await run(`--store ${url} verify --all --json`))[0]).toMatchObject({ ok: true });
  });

  it.each(["cp", "migrate"])("%s beside gc passes over what goes meanwhile", async (verb) => {
    const { url, store } = await newStore();
    const [copied] = await Promise.all([
      run(`${verb} ${url} ${url}-copy --yes --json`),
      run(`--store ${url} gc --yes --json`),
    ]);
    const [{ failed }] = countsOf(copied) as [Record<string, number>];
    expect(failed).toBe(0);
    const lacking = await run(`diff ${url} ${url}-copy --content --prefix outputs/run/ --jsonl`);
    expect(lacking.stdout).not.toContain('"missing"');
    expect(await pathsOf(store)).toHaveLength(COUNT / 2);
  });

  it("diff --content beside gc says of no object that it differs", async () => {
    const { url } = await newStore();
    await run(`cp ${url} ${url}-copy --yes`);
    const [found] = await Promise.all([
      run(`diff ${url} ${url}-copy --content --json`),
      run(`--store ${url} gc --yes --json`),
    ]);
    expect(found.stderr).toBe("");
    expect(JSON.parse(found.stdout)).toMatchObject({ differs: 0, missing: 0 });
  });

  it("migrate beside migrate copy each object, and none twice over", async () => {
    const { url } = await newStore();
    const migrate = `migrate ${url} ${url}-moved --yes --json`;
    const [one, other] = countsOf(...(await Promise.all([run(migrate), run(migrate)])));
    expect(one!["copied"]! + other!["copied"]!).toBe(COUNT);
    expect(await run(`diff ${url} ${url}-moved --content`)).toMatchObject({ exitCode: 0, stdout: "" });
  });

  it("reencrypt beside hydrate and another reencrypt: readers see nothing of it", async () => {
    const keys = { old: new Uint8Array(32).fill(1), new: new Uint8Array(32).fill(2) };
    const store = new FileStore({ root: join(directory.path, "sealed"), fsync: false });
    jest.mocked(importByName).mockImplementation((file) => {
      if (!file.endsWith(".mjs")) return original(file);
      const activeKeyId = file.endsWith("old.mjs") ? "old" : "new";
      return Promise.resolve({ default: { store, pack: false, codecs: [aes256gcm({ keys, activeKeyId })] } });
    });
    await store.write("old.mjs", "");
    await store.write("new.mjs", "");
    const at = (args: string, stdin?: string) =>
      runCommand(args.split(" "), { cwd: join(directory.path, "sealed"), ...(stdin !== undefined && { stdin }) });
    const payload = JSON.stringify(Array.from({ length: 20 }, (_, index) => `${index}`.repeat(2000)));
    const message = (await at("--config old.mjs dehydrate --scope run", payload)).stdout;
    const reencrypt = "--config new.mjs reencrypt outputs/ --yes --json";
    const hydrate = () => at("--config new.mjs hydrate", message);
    const [one, other, ...read] = await Promise.all([at(reencrypt), at(reencrypt), hydrate(), hydrate()]);
    for (const { failed } of countsOf(one, other)) expect(failed).toBe(0);
    for (const { stdout } of [...read, await hydrate()]) expect(stdout).toBe(`${payload}\n`);
    expect(countsOf(await at("--config new.mjs reencrypt outputs/ --dry-run --json"))[0]).toMatchObject({
      reencrypted: 0,
    });
  });
});
