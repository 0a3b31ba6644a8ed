import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { environmentOf } from "../../src/command/store-url.js";
import { newDirectory, runCommand } from "./run-command.js";

const directory = newDirectory();
const path = (name: string) => join(directory.path, name);

describe("the URL of a store", () => {
  it.each([
    ["file:///var/lib/a%20b", { STORAGE_PROVIDER: "file", STORAGE_PATH: "/var/lib/a b" }],
    [
      "s3://bucket/some/prefix/?region=eu-central-1&endpoint=http%3A%2F%2F127.0.0.1%3A9000",
      {
        STORAGE_PROVIDER: "s3",
        STORAGE_S3_BUCKET: "bucket",
        STORAGE_S3_PREFIX: "some/prefix",
        STORAGE_S3_REGION: "eu-central-1",
        STORAGE_S3_ENDPOINT: "http://127.0.0.1:9000",
      },
    ],
    ["s3://bucket", { STORAGE_PROVIDER: "s3", STORAGE_S3_BUCKET: "bucket" }],
    [
      "redis://localhost:6380/2?prefix=p",
      { STORAGE_PROVIDER: "redis", STORAGE_REDIS_URL: "redis://localhost:6380/2", STORAGE_REDIS_PREFIX: "p" },
    ],
    ["gs://bucket/p", { STORAGE_PROVIDER: "gcs", STORAGE_GCS_BUCKET: "bucket", STORAGE_GCS_PREFIX: "p" }],
    [
      "az://container/p?account=acme",
      {
        STORAGE_PROVIDER: "azure",
        STORAGE_AZURE_CONTAINER: "container",
        STORAGE_AZURE_PREFIX: "p",
        STORAGE_AZURE_ACCOUNT: "acme",
      },
    ],
  ])("%s sets what variables set", (url, variables) => {
    // Of a bucket that is named by a URL, the prefix of another one is none.
    const given = url.startsWith("s3") ? { P_STORAGE_S3_PREFIX: "of another bucket" } : {};
    const env = environmentOf(url, { KEPT: "1", ...given }, "P_");
    const set = Object.entries(env).filter(([name, value]) => name.startsWith("P_") && value !== undefined);
    const expected = Object.entries(variables).map(([name, value]) => [`P_${name}`, value]);
    expect(Object.fromEntries(set)).toEqual(Object.fromEntries(expected));
    expect(env["KEPT"]).toBe("1");
  });

  it.each([
    "s3://AKIASECRET:hunter2@bucket/p",
    "redis://:hunter2@localhost",
    "s3://bucket?secretAccessKey=hunter2",
    "s3://bucket?endpoint=http%3A%2F%2Fu%3Ahunter2%40host",
    "hunter2",
    "ftp://hunter2/x",
    "s3:///hunter2",
    "file://hunter2/x",
    "s3://bucket/%E0hunter2",
    "s3://bucket/x#hunter2",
  ])("%s is refused, and its secret not repeated", async (url) => {
    const { exitCode, stdout, stderr } = await runCommand(["--store", url, "ls"]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).not.toContain("hunter2");
    expect(stderr).not.toContain("AKIA");
    expect(stderr).toMatch(/^coatcheck: \S/);
  });
});

describe("the store", () => {
  const value = JSON.stringify({ text: "x".repeat(3000) });

  it("is that of --store, of a file, of the file in the directory, of the environment, in this order", async () => {
    const options = { maxInlineSize: 16, outputPrefix: "of-file" };
    const url = (name: string) => `file://${path(name)}`;
    await writeFile(path("named.json"), JSON.stringify({ store: url("by-config"), ...options }));
    const env = { COATCHECK_STORAGE_PROVIDER: "file", COATCHECK_STORAGE_PATH: path("by-env") };
    const given = { stdin: value, env, cwd: directory.path };
    const prefixOf = async (args: string[]): Promise<string> => {
      const { stdout } = await runCommand([...args, "dehydrate", "--scope", "s"], given);
      return (JSON.parse(stdout) as { text: { $storageRef: string } }).text.$storageRef.split("/")[0]!;
    };
    const countOf = async (name: string) =>
      (await runCommand(["--store", url(name), "ls"])).stdout.split("\n").length - 1;
    expect(await prefixOf([])).toBe("outputs");
    expect(await countOf("by-env")).toBe(1);
    expect(await prefixOf(["--config", "named.json"])).toBe("of-file");
    expect(await countOf("by-config")).toBe(1);
    await writeFile(path("coatcheck.config.json"), JSON.stringify({ store: url("by-found"), ...options }));
    expect(await prefixOf([])).toBe("of-file");
    expect(await countOf("by-found")).toBe(1);
    expect(await prefixOf(["--store", url("by-url")])).toBe("outputs");
    expect(await countOf("by-url")).toBe(1);
    expect(await countOf("by-env")).toBe(1);
  });

  it("is that of the environment where a file has options and no store", async () => {
    await writeFile(path("options.json"), JSON.stringify({ outputPrefix: "of-file" }));
    const env = { COATCHECK_STORAGE_PROVIDER: "file", COATCHECK_STORAGE_PATH: path("by-env-alone") };
    const given = { stdin: value, cwd: directory.path, env };
    const args = ["--config", "options.json"];
    const { stdout } = await runCommand([...args, "dehydrate", "--scope", "s"], given);
    expect((JSON.parse(stdout) as { text: { $storageRef: string } }).text.$storageRef).toMatch(/^of-file\/s\//);
    expect((await runCommand([...args, "ls"], given)).stdout.split("\n")).toHaveLength(2);
    expect((await runCommand([...args, "ls"], { cwd: directory.path })).exitCode).toBe(2);
    const explained = await runCommand([...args, "explain", "--limit", "1KiB", "--json"], { ...given, env: {} });
    expect(explained).toMatchObject({ exitCode: 3, stdout: expect.stringContaining('"of":"payload"') as string });
  });

  it("is refused from what is no file", async () => {
    await mkdir(path("folder.json"));
    const { exitCode, stderr } = await runCommand(["--config", "folder.json", "ls"], { cwd: directory.path });
    expect([exitCode, stderr]).toEqual([2, "coatcheck: The configuration file folder.json can't be read: EISDIR.\n"]);
  });

  it.each([
    ["not JSON", "{"],
    ["a list", "[]"],
    ["with an option that is not known", '{"maxInlineSise":1}'],
  ])("is refused from a file that is %s", async (_, text) => {
    await writeFile(path("wrong.json"), text);
    expect((await runCommand(["--config", "wrong.json", "ls"], { cwd: directory.path })).exitCode).toBe(2);
  });
});
