import { PutBucketLifecycleConfigurationCommand, S3Client } from "@aws-sdk/client-s3";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aes256gcm, lifecycleRules, StorageManager, type LifecyclePolicy } from "../../src/index.js";
import { lifecycle } from "../../src/inspector/doctor/lifecycle.js";
import { S3Store } from "../../src/s3.js";
import { PlayedPage } from "../command/played-page.js";
import { beginCommand, newDirectory, runCommand } from "../command/run-command.js";
import { createBucket } from "../fixtures/s3-server.js";
import { cephClientConfig } from "./ceph.js";
import { serviceVariable } from "./service-variable.js";

// The command as somebody runs it whose payloads lie in a bucket: credentials in the environment, where in the URL.

const DAY = 86_400_000;
const client = new S3Client(cephClientConfig());
const directory = newDirectory();
let bucket: string;

beforeAll(async () => {
  bucket = await createBucket(client);
});
afterAll(() => client.destroy());

const urlOf = (name: string, within = bucket) =>
  `s3://${within}/${name}?region=us-east-1&endpoint=${encodeURIComponent(serviceVariable("CEPH_ENDPOINT"))}`;

function environment(): NodeJS.ProcessEnv {
  return {
    COATCHECK_STORAGE_PROVIDER: "s3",
    COATCHECK_STORAGE_S3_BUCKET: bucket,
    COATCHECK_STORAGE_S3_PREFIX: "payloads",
    COATCHECK_STORAGE_S3_REGION: "us-east-1",
    COATCHECK_STORAGE_S3_ENDPOINT: serviceVariable("CEPH_ENDPOINT"),
    COATCHECK_S3_ACCESS_KEY_ID: serviceVariable("CEPH_ACCESS_KEY"),
    COATCHECK_S3_SECRET_ACCESS_KEY: serviceVariable("CEPH_SECRET_KEY"),
  };
}

const page = () => new PlayedPage({ directory: directory.path, urlOf, env: environment() });

it("the five incidents of docs/incidents.md are shown and mended in a bucket", async () => {
  const played = page();
  const clientConfig = cephClientConfig();
  await using store = new S3Store({ bucket, prefix: "payloads", clientConfig });
  await played.beginIncidents((damaged) => store.write(damaged, "damaged"));
  expect(await played.play("docs/incidents.md")).toBeUndefined();
});

it("each command of docs/command.md does in a bucket what is written below it", async () => {
  bucket = await createBucket(client);
  const played = page();
  await played.beginCommands();
  expect(await played.play("docs/command.md")).toBeUndefined();
});

it("doctor says which rules of the bucket end payloads before their labels", async () => {
  bucket = await createBucket(client);
  await using store = new S3Store({ bucket, prefix: "payloads", clientConfig: cephClientConfig() });
  const manager = new StorageManager({ store, retention: { ttl: 7 * DAY } });
  const rules = () => lifecycle(manager, store, new AbortController().signal);
  const put = (policy: LifecyclePolicy) =>
    client.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket: bucket,
        LifecycleConfiguration: lifecycleRules("generic", policy),
      }),
    );
  expect(await rules()).toMatchObject({ verdict: "fine", note: "there are no rules" });
  await put({ prefix: "payloads/outputs", ttl: 7 * DAY });
  expect(await rules()).toEqual({ verdict: "fine", seen: true });
  await put({ prefix: "payloads", ttl: DAY });
  const note = "coatcheck-expiry: Expiration.Days deletes after 2 days; payloads live up to 8 days";
  expect(await rules()).toEqual({ seen: false, verdict: "wrong", note });

  const env = { ...environment(), COATCHECK_STORAGE_RETENTION_TTL: "168h" };
  const { exitCode, stdout } = await runCommand(["doctor", "--json"], { env });
  expect(exitCode).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: "The store is not fit for use: see lifecycle.",
    findings: expect.arrayContaining([expect.objectContaining({ probe: "lifecycle", note })]) as unknown,
  });
});

it("reencrypt works with the keys of a configuration file", async () => {
  const keys = { a: Buffer.alloc(32, 1), b: Buffer.alloc(32, 2) };
  await using store = new S3Store({ bucket, prefix: "sealed", clientConfig: cephClientConfig() });
  const sealing = new StorageManager({ store, codecs: [aes256gcm({ keys, activeKeyId: "a" })] });
  await sealing.dehydrate({ note: "x".repeat(5000) }, { scope: "run" });
  (globalThis as { sealed?: unknown }).sealed = { store, codecs: [aes256gcm({ keys, activeKeyId: "b" })] };
  const config = join(directory.path, "coatcheck.config.cjs");
  await writeFile(config, "module.exports = globalThis.sealed;");
  const { stdout } = await runCommand(["--config", config, "reencrypt", "--yes", "--json"], { cwd: directory.path });
  expect(JSON.parse(stdout)).toMatchObject({ reencrypted: 1, failed: 0 });
});

it("serve shows what lies in a bucket", async () => {
  await runCommand(["dehydrate", "--scope", "served"], {
    stdin: JSON.stringify("x".repeat(5000)),
    env: environment(),
  });
  const { said, end } = await beginCommand(["serve", "--port", "0"], { env: environment() });
  const { origin, hash } = new URL(said.trim());
  const headers = { origin, "content-type": "application/json" };
  const body = JSON.stringify({ token: hash.slice(1) });
  const entered = await fetch(`${origin}/api/session`, { method: "POST", headers, body });
  const cookie = entered.headers.get("set-cookie")!.split(";")[0]!;
  const scopes = await fetch(`${origin}/api/scopes`, { headers: { cookie } });
  expect(await scopes.json()).toMatchObject({ scopes: [{ scope: "served", objects: 1 }] });
  expect(await end()).toBe(0);
});
