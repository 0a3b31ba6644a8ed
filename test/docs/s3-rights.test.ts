import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { S3Client } from "@aws-sdk/client-s3";
import { StorageManager, type StorageReference } from "../../src/index.js";
import { S3Store } from "../../src/s3.js";
import { createBucket, s3ClientConfig, startS3Server, type S3Server } from "../fixtures/s3-server.js";

// docs/stores/s3.md says which rights each role needs, and how many requests a call takes. Here a client refuses what the
// policy of its role does not list, as S3 would.

const PAGE = readFileSync("docs/stores/s3.md", "utf8");
const DAY = 24 * 60 * 60 * 1000;

// Service authorization reference of S3: the rights that each operation asks for.
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  PutObject: ["s3:PutObject"],
  CreateMultipartUpload: ["s3:PutObject"],
  UploadPart: ["s3:PutObject"],
  CompleteMultipartUpload: ["s3:PutObject"],
  AbortMultipartUpload: ["s3:AbortMultipartUpload"],
  ListParts: ["s3:ListMultipartUploadParts"],
  GetObject: ["s3:GetObject"],
  HeadObject: ["s3:GetObject"],
  CopyObject: ["s3:GetObject", "s3:PutObject"],
  DeleteObject: ["s3:DeleteObject"],
  ListObjectsV2: ["s3:ListBucket"],
  HeadBucket: ["s3:ListBucket"],
};
const OF_BUCKET = "s3:ListBucket";

interface Policy {
  readonly Statement: readonly { readonly Action: readonly string[]; readonly Resource: string }[];
}

function policyOf(role: string): readonly string[] {
  const [, json] = new RegExp(`^The ${role}[.:].*?^\`\`\`json\n(.*?)^\`\`\`$`, "ms").exec(PAGE)!;
  return (JSON.parse(json!) as Policy).Statement.flatMap(({ Action, Resource }) => {
    for (const right of Action) expect(Resource.includes("/")).toBe(right !== OF_BUCKET);
    return Action;
  });
}

let server: S3Server;
let bucket: string;
const clients: S3Client[] = [];

beforeAll(async () => {
  server = await startS3Server();
  const client = new S3Client(s3ClientConfig(server.endpoint));
  clients.push(client);
  bucket = await createBucket(client);
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await server.stop();
});

/** A manager whose client tells what it sends, and sends what it has the right to. */
function managerWith(rights: readonly string[] | "all") {
  const sent: string[] = [];
  const client = new S3Client(s3ClientConfig(server.endpoint));
  clients.push(client);
  client.middlewareStack.add(
    (next, context) => async (request) => {
      const name = String(context["commandName"]).replace(/Command$/, "");
      const missing = RIGHTS[name]!.filter((right) => rights !== "all" && !rights.includes(right));
      if (missing.length > 0) throw Object.assign(new Error(missing.join()), { name: "AccessDenied" });
      sent.push(name);
      return next(request);
    },
    { step: "initialize" },
  );
  const store = new S3Store({ bucket, client, capability: { ifNoneMatch: false, ifMatch: false } });
  return { sent, manager: new StorageManager({ store, retention: { ttl: 7 * DAY } }) };
}

const text = (character: string): { text: string } => ({ text: character.repeat(5000) });
const stream = (mebibytes: number): Readable =>
  Readable.from(Array.from({ length: mebibytes }, () => Buffer.alloc(1024 ** 2)));

async function written(): Promise<{ text: StorageReference }> {
  const { manager } = managerWith("all");
  return (await manager.dehydrate(text("r"), { scope: "run-1" })) as unknown as { text: StorageReference };
}

async function all(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) expect(item).toBeDefined();
}

const CALLS: Record<string, (manager: StorageManager) => Promise<unknown>> = {
  hydrate: async (manager) => manager.hydrate(await written()),
  open: async (manager) => all(await manager.open((await written()).text)),
  "presign a GET": async (manager) =>
    manager.presign((await written()).text.$storageRef, { method: "GET", expiresIn: 60 }),
  dehydrate: async (manager) => manager.dehydrate(text("w"), { scope: "run-2" }),
  "dehydrate a stream": async (manager) => manager.dehydrate({ file: stream(12) }, { scope: "run-2" }),
  "dehydrate bytes": async (manager) => manager.dehydrate({ file: Buffer.alloc(20 * 1024 ** 2) }, { scope: "run-2" }),
  writeBlob: async (manager) => manager.writeBlob("outputs/scan.pdf", Buffer.alloc(10)),
  "presign a PUT": async (manager) => manager.presign("outputs/scan.pdf", { method: "PUT", expiresIn: 60 }),
  release: async (manager) => manager.release("run-2"),
  releaseOf: async (manager) => manager.releaseOf(await written()),
  done: async (manager) => manager.done("run-3", "billing", { readers: ["billing", "search"] }),
  collect: async (manager) => manager.collect({ all: true }),
  usage: async (manager) => all(manager.usage()),
  check: async (manager) => manager.check(),
};
const names = Object.keys(CALLS);
const OF_ROLE: Record<string, string[]> = {
  reader: names.slice(0, 3),
  writer: names.slice(3, 8),
  keeper: names.slice(8),
};
// Asked for when an upload is given up, and to hear that an object is missing.
const RARE = ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", OF_BUCKET];

it.each(Object.entries(OF_ROLE))(
  "the policy of a %s is enough for its calls, and has no right too many",
  async (role, calls) => {
    const policy = policyOf(role);
    const { manager, sent } = managerWith(policy);
    for (const call of calls) await CALLS[call]!(manager);
    const used = new Set([...sent.flatMap((name) => RIGHTS[name]!), ...RARE.filter((right) => policy.includes(right))]);
    expect([...used].sort()).toEqual([...policy].sort());
  },
);

it("the policy of a keeper has the rights of a writer", () => {
  expect(policyOf("keeper")).toEqual(expect.arrayContaining([...policyOf("writer")]));
});

it("a role that lacks a right is refused", async () => {
  const { manager } = managerWith(policyOf("reader"));
  await expect(CALLS["dehydrate"]!(manager)).rejects.toThrow("PERMISSION_DENIED");
});

describe("the requests of", () => {
  const rows: [string, (manager: StorageManager) => Promise<unknown>][] = [
    ["`dehydrate`, one object", CALLS["dehydrate"]!],
    ["`hydrate`, one object", CALLS["hydrate"]!],
    [
      "`dehydrate`, a stream of 100 kB",
      (manager) => manager.dehydrate({ file: Readable.from([Buffer.alloc(100_000)]) }),
    ],
    ["`dehydrate`, a stream of 12 MiB", CALLS["dehydrate a stream"]!],
    ["`dehydrate`, 20 MiB of bytes", CALLS["dehydrate bytes"]!],
    ["`usage`, up to 1,000 objects", CALLS["usage"]!],
    ["`collect`, with nothing to do", CALLS["collect"]!],
  ];

  it.each(rows)("%s are those of the table", async (row, call) => {
    const { manager, sent } = managerWith("all");
    await call(manager);
    const [, cell] = new RegExp(`^\\| ${row} +\\| (.*?) +\\|$`, "m").exec(PAGE)!;
    const stated = [...cell!.matchAll(/(\d+) `(\w+)`/g)].flatMap(([, count, name]) =>
      Array.from({ length: Number(count) }, () => name!),
    );
    expect(sent.sort()).toEqual(stated.sort());
  });
});
