import { inspect } from "node:util";
import {
  FailoverStore,
  kubernetesResolvers,
  MemoryStore,
  RoutingStore,
  SchemaRegistry,
  StorageManager,
  type KubernetesClient,
  type Store,
} from "../../src/index.js";
import { CANARY, leaksOf } from "../support/canary.js";
import { failureOf } from "../support/failure.js";

describe("What others' code fails with is not shown in whole by", () => {
  /** As clients of HTTP APIs make them: with the request, the answer, and what they were configured with. */
  function clientError(): Error {
    const request = { headers: { authorization: `Bearer ${CANARY}` }, url: `https://host/?X-Amz-Signature=${CANARY}` };
    const error = new Error("Request failed with status code 403", { cause: { request } });
    const response = { body: { data: { password: CANARY } }, headers: { "set-cookie": CANARY } };
    return Object.assign(error, {
      code: 403,
      statusCode: 403,
      requestId: "ID",
      config: { key: CANARY },
      request,
      response,
    });
  }

  const fails = (): Promise<never> => Promise.reject(clientError());
  const own = (): Store => Object.assign(new MemoryStore(), { read: fails, write: fails, delete: fails });
  const reference = { $bubuStorageRef: "outputs/s/a.json" };
  const kubernetes = { readSecret: fails, readConfigMap: fails } as KubernetesClient;

  const calls: [string, () => Promise<unknown>][] = [
    [
      "a Kubernetes resolver",
      () => {
        const resolvers = kubernetesResolvers({ client: kubernetes, namespace: "orders" });
        return new StorageManager({ resolvers }).hydrate({ $bubuSecretRef: "name:key" });
      },
    ],
    [
      "a resolver",
      () => {
        const resolvers = [{ key: "$bubuOther", resolve: fails }];
        return new StorageManager({ resolvers }).hydrate({ $bubuOther: 1 });
      },
    ],
    ["a read", () => new StorageManager({ store: own() }).hydrate(reference)],
    ["a write", () => new StorageManager({ store: own(), maxInlineSize: 1 }).dehydrate("long enough")],
    ["a blob", () => new StorageManager({ store: own() }).writeBlob("a", "b")],
    ["a copy of many", () => new FailoverStore({ stores: { a: own(), b: own() } }).read("a")],
    [
      "a locator",
      () => new FailoverStore({ stores: { a: new MemoryStore() }, locator: fails, degradedReads: false }).read("a"),
    ],
    [
      "a scheme's factory",
      () => new RoutingStore({ primary: new MemoryStore(), schemes: { x: fails } }).read("x://c/a"),
    ],
    ["the source of a body", () => new MemoryStore().write("a", failingSource())],
    ["a stream in a payload", () => new StorageManager({ store: new MemoryStore() }).dehydrate({ a: failingSource() })],
    ["a getter in a payload", () => new StorageManager({}).dehydrate({ get a() { throw clientError(); } })], // prettier-ignore
    [
      "a schema",
      () => {
        const schema = { "~standard": { version: 1 as const, vendor: "own", validate: fails } };
        return new StorageManager({}).hydrate({ a: 1 }, { schema });
      },
    ],
    [
      "an upgrade",
      () => {
        const any = { "~standard": { version: 1 as const, vendor: "own", validate: (value: unknown) => ({ value }) } };
        const schemas = new SchemaRegistry().register("s", "2", any).upgrade("s", "1", "2", fails);
        return schemas.check({ schema: "s", schemaVersion: "1" }, 1);
      },
    ],
    ["an abort", () => new MemoryStore().read("a", { signal: AbortSignal.abort(clientError()) })],
  ];

  async function* failingSource(): AsyncGenerator<Uint8Array, void, undefined> {
    await Promise.resolve();
    yield Buffer.from("a");
    throw clientError();
  }

  it.each(calls)("%s", async (_, call) => {
    const error = await failureOf(call());
    expect(leaksOf(error)).toEqual([]);
    // What is needed to find the fault is there.
    const shown = inspect(error, { depth: Infinity });
    expect(shown).toMatch(/Request failed with status code 403|HTTP 403/);
    expect(shown).toMatch(/(code|statusCode|httpStatus): 403/);
  });
});
