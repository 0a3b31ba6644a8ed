import { inspect } from "node:util";
import fc from "fast-check";
import {
  kubernetesClient,
  type KubernetesClient,
  type KubernetesConfigMap,
  type KubernetesSecret,
} from "../../src/resolvers/kubernetes/kubernetes-client.js";
import { KubernetesFailure } from "../../src/resolvers/kubernetes/kubernetes-failure.js";
import { kubernetesResolvers, type KubernetesResolverOptions } from "../../src/resolvers/kubernetes/kubernetes.js";
import { assertResolvers } from "../../src/resolvers/resolver.js";
import { StorageError } from "../../src/errors/error.js";

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString("base64");

const SECRET_DATA: Record<string, string> = {
  password: base64("hunter2"),
  json: base64('{"user":"u","__proto__":{"a":1}}'),
  number: base64("7"),
  nothing: base64(" null "),
  blank: base64(" \n"),
  empty: "",
  "tls.crt": base64("-----BEGIN\n"),
  bytes: base64(Uint8Array.of(0xff, 0xfe)),
  bom: base64("\ufeffa"),
  broken: "aGk=x",
  truncated: "aGk",
  halfJson: base64('{"secret": s3cr3t'),
};

const CONFIG_DATA: Record<string, string> = { mode: "fast", limits: ' {"max":3} ', blank: "" };

/** A client that knows one Secret and one ConfigMap, and remembers what it was asked. */
class RecordedClient implements KubernetesClient {
  readonly asked: string[] = [];

  readSecret(namespace: string, name: string): Promise<KubernetesSecret | undefined> {
    this.asked.push(`Secret ${namespace}/${name}`);
    return Promise.resolve(name === "db" ? { data: SECRET_DATA } : undefined);
  }

  readConfigMap(namespace: string, name: string): Promise<KubernetesConfigMap | undefined> {
    this.asked.push(`ConfigMap ${namespace}/${name}`);
    if (name === "empty") return Promise.resolve({});
    return Promise.resolve(name === "app" ? { data: CONFIG_DATA, binaryData: { bin: base64("42") } } : undefined);
  }
}

const context = () => ({ signal: new AbortController().signal });

async function resolve(key: string, value: unknown, client: KubernetesClient = new RecordedClient()) {
  const resolver = kubernetesResolvers({ client, namespace: "orders" }).find((one) => one.key === key)!;
  return resolver.resolve({ [key]: value }, context());
}

async function failure(promise: Promise<unknown>): Promise<StorageError> {
  const outcome = await promise.then(
    () => "nothing was thrown",
    (error: unknown) => error,
  );
  if (outcome instanceof StorageError) return outcome;
  throw new Error("not a StorageError", { cause: outcome });
}

describe("kubernetesResolvers", () => {
  it("makes two resolvers that the resolvers option takes", () => {
    const resolvers = kubernetesResolvers({ client: new RecordedClient(), namespace: "orders" });
    expect(resolvers.map((resolver) => resolver.key)).toEqual(["$bubuSecretRef", "$bubuConfigMapRef"]);
    expect(() => assertResolvers(resolvers)).not.toThrow();
  });

  it.each<[unknown, unknown]>([
    ["db:password", "hunter2"],
    ["orders/db:password", "hunter2"],
    ["/db:password", "hunter2"],
    [" orders / db : password ", "hunter2"],
    [{ name: "db", key: "password" }, "hunter2"],
    [{ name: " db ", key: " password ", namespace: " orders ", format: " RAW " }, "hunter2"],
    [{ name: "db", key: "password", namespace: "", format: "" }, "hunter2"],
    ["db:json", JSON.parse('{"user":"u","__proto__":{"a":1}}')],
    [{ name: "db", key: "json", format: "json" }, JSON.parse('{"user":"u","__proto__":{"a":1}}')],
    [{ name: "db", key: "json", format: "raw" }, '{"user":"u","__proto__":{"a":1}}'],
    ["db:number", 7],
    [{ name: "db", key: "number", format: "raw" }, "7"],
    ["db:nothing", null],
    [{ name: "db", key: "nothing", format: "json" }, null],
    [{ name: "db", key: "nothing", format: "raw" }, " null "],
    ["db:blank", ""],
    [{ name: "db", key: "blank", format: "raw" }, " \n"],
    ["db:empty", ""],
    ["db:tls.crt", "-----BEGIN\n"],
    ["db:bom", "\ufeffa"],
    ["db:halfJson", '{"secret": s3cr3t'],
  ])("resolves the Secret reference %j", async (reference, expected) => {
    const client = new RecordedClient();
    expect(await resolve("$bubuSecretRef", reference, client)).toEqual(expected);
    expect(client.asked).toEqual(["Secret orders/db"]);
  });

  it.each<[unknown, unknown]>([
    ["app:mode", "fast"],
    ["app:limits", { max: 3 }],
    [{ name: "app", key: "limits", format: "raw" }, ' {"max":3} '],
    ["app:blank", ""],
    ["app:bin", 42],
  ])("resolves the ConfigMap reference %j", async (reference, expected) => {
    const client = new RecordedClient();
    expect(await resolve("$bubuConfigMapRef", reference, client)).toEqual(expected);
    expect(client.asked).toEqual(["ConfigMap orders/app"]);
  });

  it.each<[unknown, string]>([
    ["", 'it is not "name:key" or "namespace/name:key"'],
    ["db", 'it is not "name:key" or "namespace/name:key"'],
    [":password", "its name is not the name of a Kubernetes object"],
    ["DB:password", "its name is not the name of a Kubernetes object"],
    ["-db:password", "its name is not the name of a Kubernetes object"],
    ["db-:password", "its name is not the name of a Kubernetes object"],
    ["a..b:password", "its name is not the name of a Kubernetes object"],
    ["orders/../db:password", "its name is not the name of a Kubernetes object"],
    ["orders/a/db:password", "its name is not the name of a Kubernetes object"],
    ["d%2fb:password", "its name is not the name of a Kubernetes object"],
    [`${"a".repeat(254)}:password`, "its name is not the name of a Kubernetes object"],
    ["db:", "its key is not [-._a-zA-Z0-9]+"],
    ["db: ", "its key is not [-._a-zA-Z0-9]+"],
    ["db:a/b", "its key is not [-._a-zA-Z0-9]+"],
    ["db:a:b", "its key is not [-._a-zA-Z0-9]+"],
    [`db:${"k".repeat(254)}`, "its key is not [-._a-zA-Z0-9]+"],
    [7, "it is neither a string nor an object"],
    [null, "it is neither a string nor an object"],
    [["db:password"], "it is neither a string nor an object"],
    [{}, "its name is not the name of a Kubernetes object"],
    [{ name: "db" }, "its key is not [-._a-zA-Z0-9]+"],
    [{ name: 7, key: "password" }, "its name is not a string"],
    [{ name: "db", key: "password", namespace: null }, "its namespace is not a string"],
    [{ name: "db", key: "password", format: "yaml" }, 'its format is not "auto", "json" or "raw"'],
    [{ name: "db", key: "password", optional: "yes" }, "it has a field other than name, key, namespace and format"],
    [
      JSON.parse('{"name":"db","key":"password","__proto__":"x"}'),
      "it has a field other than name, key, namespace and format",
    ],
  ])("refuses the malformed reference %j before any I/O", async (reference, problem) => {
    const client = new RecordedClient();
    const error = await failure(resolve("$bubuSecretRef", reference, client));
    expect(error.code).toBe("INVALID_REFERENCE");
    expect(error.message).toContain(`A $bubuSecretRef reference is malformed: ${problem}.`);
    expect(client.asked).toEqual([]);
  });

  it.each(["kube-system/db:password", "../db:password", { name: "db", key: "password", namespace: "kube-system" }])(
    "denies another namespace before any I/O: %j",
    async (reference) => {
      const client = new RecordedClient();
      for (const key of ["$bubuSecretRef", "$bubuConfigMapRef"]) {
        const error = await failure(resolve(key, reference, client));
        expect(error.code).toBe("REFERENCE_DENIED");
        expect(error.message).toContain(`A ${key} reference names another namespace than the own one.`);
      }
      expect(client.asked).toEqual([]);
    },
  );

  it("tells a missing object from a missing key, both NOT_FOUND", async () => {
    const object = await failure(resolve("$bubuSecretRef", "other:password"));
    expect(object).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("The Secret that the reference names does not exist. [NOT_FOUND") as string,
      operation: "resolve",
      store: "kubernetes",
      path: "orders/other:password",
    });
    const key = await failure(resolve("$bubuConfigMapRef", "app:other"));
    expect(key).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("The ConfigMap has not the key that the reference names. [NOT_FOUND") as string,
      path: "orders/app:other",
    });
    expect((await failure(resolve("$bubuConfigMapRef", "empty:other"))).code).toBe("NOT_FOUND");
  });

  it.each(["__proto__", "constructor", "toString"])("finds no key %s in the prototype", async (key) => {
    expect((await failure(resolve("$bubuSecretRef", `db:${key}`))).code).toBe("NOT_FOUND");
    expect((await failure(resolve("$bubuConfigMapRef", `app:${key}`))).code).toBe("NOT_FOUND");
  });

  it.each([
    ["db:bytes", undefined, "it is not UTF-8 text"],
    ["db:broken", undefined, "it is not base64"],
    ["db:truncated", undefined, "it is not base64"],
    ["db:halfJson", "json", "it is not JSON"],
    ["db:password", "json", "it is not JSON"],
    ["db:empty", "json", "it is not JSON"],
  ])("fails to decode %s as %s, without a word of it", async (reference, format, problem) => {
    const [name, key] = reference.split(":");
    const error = await failure(resolve("$bubuSecretRef", format === undefined ? reference : { name, key, format }));
    expect(error.code).toBe("DECODE_FAILED");
    expect(error.message).toContain(`The value that the reference names can't be decoded: ${problem}.`);
    expect(error.cause).toBeUndefined();
    expect(error.path).toBe(`orders/${reference}`);
  });

  it("fails to decode what a client gives instead of a string", async () => {
    const client = new RecordedClient();
    client.readSecret = () => Promise.resolve({ data: { a: 7 as unknown as string } });
    const error = await failure(resolve("$bubuSecretRef", "db:a", client));
    expect(error.code).toBe("DECODE_FAILED");
    expect(error.message).toContain("it is not a string");
  });

  it.each<[Record<string, unknown> | string | null, string, boolean]>([
    [{ code: 403 }, "PERMISSION_DENIED", false],
    [{ code: 401 }, "PERMISSION_DENIED", false],
    [{ statusCode: 403 }, "PERMISSION_DENIED", false],
    [{ code: 404 }, "NOT_FOUND", false],
    [{ code: 429 }, "THROTTLED", true],
    [{ code: 408 }, "TIMEOUT", true],
    [{ code: 504 }, "TIMEOUT", true],
    [{ code: 500 }, "UNAVAILABLE", true],
    [{ code: 503 }, "UNAVAILABLE", true],
    [{ code: 400 }, "UNEXPECTED", false],
    [{ code: "ECONNREFUSED" }, "UNAVAILABLE", true],
    [{ code: "ETIMEDOUT" }, "TIMEOUT", true],
    [{ code: "ESOMETHING" }, "UNEXPECTED", false],
    ["text", "UNEXPECTED", false],
    [null, "UNEXPECTED", false],
  ])("maps the failed read %j to %s", async (properties, code, retryable) => {
    const cause: unknown =
      typeof properties === "object" && properties !== null
        ? Object.assign(new Error("the body was s3cr3t"), properties)
        : properties;
    const client = new RecordedClient();
    client.readConfigMap = jest.fn().mockRejectedValue(cause);
    const error = await failure(resolve("$bubuConfigMapRef", "app:mode", client));
    expect(error).toMatchObject({ code, retryable, operation: "resolve", path: "orders/app:mode" });
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain("s3cr3t");
    if (code === "NOT_FOUND") expect(error.cause).toBeUndefined();
    else expect(error.cause).toBeInstanceOf(KubernetesFailure);
  });

  it("keeps nothing of an answer that could not be parsed, which the error quotes", async () => {
    const client = new RecordedClient();
    client.readSecret = () => Promise.resolve().then(() => JSON.parse("s3cr3t") as never);
    const error = await failure(resolve("$bubuSecretRef", "db:password", client));
    expect(error.code).toBe("UNEXPECTED");
    expect(error.cause).toMatchObject({ name: "SyntaxError", message: "The client of Kubernetes failed" });
  });

  it("passes on the error of a client of this library's own kind, also one that is thrown", async () => {
    const own = new StorageError("THROTTLED", "Slow down.");
    const client = new RecordedClient();
    client.readSecret = () => {
      throw own;
    };
    expect(await failure(resolve("$bubuSecretRef", "db:password", client))).toBe(own);
  });

  it("gives the client the signal, and does not wait for it once that fires", async () => {
    const controller = new AbortController();
    const client = new RecordedClient();
    let given: AbortSignal | undefined;
    client.readSecret = (_namespace, _name, options?: { signal: AbortSignal }) => {
      given = options?.signal;
      return new Promise(() => undefined);
    };
    const [secrets] = kubernetesResolvers({ client, namespace: "orders" });
    const pending = failure(secrets!.resolve({ $bubuSecretRef: "db:password" }, { signal: controller.signal }));
    expect(given).toBe(controller.signal);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await pending).toMatchObject({ code: "ABORTED", cause: reason, path: "orders/db:password" });
  });

  it("asks nothing when the signal has fired already", async () => {
    const client = new RecordedClient();
    const [secrets] = kubernetesResolvers({ client, namespace: "orders" });
    const error = await failure(
      secrets!.resolve({ $bubuSecretRef: "db:password" }, { signal: AbortSignal.abort("late") }),
    );
    expect(error).toMatchObject({ code: "ABORTED", cause: "late" });
    expect(client.asked).toEqual([]);
  });

  it.each<[unknown, string]>([
    [undefined, "client"],
    [{}, "client"],
    [{ client: {}, namespace: "orders" }, "client"],
    [{ client: { readSecret: () => undefined }, namespace: "orders" }, "client"],
    [{ client: new RecordedClient() }, "namespace"],
    [{ client: new RecordedClient(), namespace: "" }, "namespace"],
    [{ client: new RecordedClient(), namespace: "Orders" }, "namespace"],
    [{ client: new RecordedClient(), namespace: "a.b" }, "namespace"],
    [{ client: new RecordedClient(), namespace: "../x" }, "namespace"],
    [{ client: new RecordedClient(), namespace: "a".repeat(64) }, "namespace"],
  ])("refuses bad options, case %#", (options, option) => {
    expect(() => kubernetesResolvers(options as KubernetesResolverOptions)).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: expect.stringContaining(`"${option}"`) as string,
      }) as Error,
    );
  });

  it("rejects with nothing but StorageError, and asks only for the own namespace, whatever the reference", async () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.constantFrom("", "orders/", "other/", "../"), fc.constantFrom("db", "D", "a.b"), fc.string())
        .map(([namespace, name, key]) => `${namespace}${name}:${key}`),
    );
    const fields = fc.record(
      { name: text, key: text, namespace: text, format: fc.oneof(text, fc.constant("raw")) },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, fields, fc.jsonValue()), async (reference) => {
        const client = new RecordedClient();
        const outcome = await resolve("$bubuSecretRef", reference, client).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(StorageError);
        for (const asked of client.asked) expect(asked).toMatch(/^Secret orders\/[a-z0-9.-]+$/);
      }),
      { numRuns: 500 },
    );
  });
});

describe("kubernetesClient", () => {
  it("calls the official client by its own names", async () => {
    const requests: unknown[] = [];
    const api = {
      answer: { data: { a: base64("1") } },
      // Uses `this`, as methods of the official client do.
      readNamespacedSecret(request: { name: string; namespace: string }) {
        requests.push(request);
        return Promise.resolve(this.answer);
      },
      readNamespacedConfigMap(request: { name: string; namespace: string }) {
        requests.push(request);
        return Promise.reject(Object.assign(new Error("Unknown API Status Code!"), { code: 404 }));
      },
    };
    const client = kubernetesClient(api);
    expect(await resolve("$bubuSecretRef", "db:a", client)).toBe(1);
    expect((await failure(resolve("$bubuConfigMapRef", "app:a", client))).code).toBe("NOT_FOUND");
    expect(requests).toEqual([
      { name: "db", namespace: "orders" },
      { name: "app", namespace: "orders" },
    ]);
  });
});
