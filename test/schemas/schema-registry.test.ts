import fc from "fast-check";
import { z } from "zod";
import { SchemaRegistry, type SchemaTag } from "../../src/schemas/schema-registry.js";
import {
  validate,
  type InferOutput,
  type StandardIssue,
  type StandardSchemaV1,
} from "../../src/schemas/standard-schema.js";
import { StorageError, textOf } from "../../src/errors/error.js";

/** A handmade Standard Schema; asynchronous, as its validation takes a turn of the event loop. */
function asyncSchema<Output>(
  check: (value: unknown) => { value: Output } | { issues: StandardIssue[] },
): StandardSchemaV1<unknown, Output> {
  return {
    "~standard": {
      version: 1,
      vendor: "handmade",
      validate: async (value) => {
        await new Promise((resolve) => setImmediate(resolve));
        return check(value);
      },
    },
  };
}

const anything = asyncSchema((value) => ({ value }));
const failing = (...issues: StandardIssue[]) => asyncSchema(() => ({ issues }));

async function failure(promise: Promise<unknown>): Promise<StorageError> {
  const outcome = await promise.then(
    () => "nothing was thrown",
    (error: unknown) => error,
  );
  if (outcome instanceof StorageError) return outcome;
  throw new Error("not a StorageError", { cause: outcome });
}

describe("validate", () => {
  it("gives what the schema makes of the value, typed as its output", async () => {
    const schema = z.object({
      at: z.iso.datetime().transform((text) => new Date(text)),
      tags: z.array(z.string()).default([]),
    });
    const result = await validate(schema, { at: "2024-01-02T03:04:05Z", extra: 1 });
    const typed: { at: Date; tags: string[] } = result;
    const inferred: InferOutput<typeof schema> = result;
    expect(typed).toEqual({ at: new Date("2024-01-02T03:04:05Z"), tags: [] });
    expect(inferred).toBe(typed);
    // @ts-expect-error the output has no such field
    expect(result.extra).toBeUndefined();
  });

  it("awaits an asynchronous schema", async () => {
    const trimmed = asyncSchema((value) => ({ value: String(value).trim() }));
    const result: string = await validate(trimmed, " a ");
    expect(result).toBe("a");
    const refined = z.string().refine((text) => Promise.resolve(text === "a"));
    expect(await validate(refined, "a")).toBe("a");
    expect((await failure(validate(refined, "b"))).code).toBe("SCHEMA_MISMATCH");
  });

  it("takes a schema that is a function, as those of arktype are", async () => {
    const schema = Object.assign(() => undefined, anything);
    expect(await validate(schema, 7)).toBe(7);
  });

  it("names the paths of the issues, and nothing of the value", async () => {
    const schema = z.object({
      user: z.object({ "e.mail": z.email() }),
      items: z.array(z.object({ id: z.number() })),
      kind: z.literal("order"),
    });
    const value = { user: { "e.mail": "s3cr3t" }, items: [{ id: 1 }, { id: "s3cr3t" }], kind: "s3cr3t", s3cr3t: 1 };
    const error = await failure(validate(schema, value));
    expect(error.code).toBe("SCHEMA_MISMATCH");
    expect(error.retryable).toBe(false);
    expect(textOf(error)).toBe('The value does not match the schema: issues at user["e.mail"], items[1].id, kind.');
    expect(error.cause).toBeUndefined();
    expect(JSON.stringify(error)).not.toContain("s3cr3t");
  });

  it.each<[StandardIssue["path"], string]>([
    [undefined, "the root"],
    [[], "the root"],
    [["a"], "a"],
    [["a", "b"], "a.b"],
    [["a", 0, "b"], "a[0].b"],
    [[0], "[0]"],
    [[{ key: "a" }, { key: 1 }], "a[1]"],
    [["a b"], '["a b"]'],
    [["a", ""], 'a[""]'],
    [["$id", "x-y"], "$id.x-y"],
    [[Symbol("s")], '["Symbol(s)"]'],
    [["k".repeat(70), "l"], `${"k".repeat(64)}….l`],
    [["k\n".repeat(40)], `["${"k\\n".repeat(32)}…"]`],
  ])("writes the path %j", async (path, text) => {
    const issue = path === undefined ? { message: "s3cr3t" } : { message: "s3cr3t", path };
    const error = await failure(validate(failing(issue), {}));
    expect(textOf(error)).toBe(`The value does not match the schema: issues at ${text}.`);
  });

  it("names each place once, and ten of them", async () => {
    const issues = Array.from({ length: 24 }, (_, index) => ({ message: "", path: [index % 12] }));
    const error = await failure(validate(failing(...issues), {}));
    expect(textOf(error)).toBe(
      "The value does not match the schema: issues at " +
        "[0], [1], [2], [3], [4], [5], [6], [7], [8], [9] and 2 more places.",
    );
    expect(textOf(await failure(validate(failing(...issues.slice(0, 10)), {})))).toMatch(/\[9\]\.$/);
  });

  it("takes a schema that fails itself for a mismatch, with the cause", async () => {
    const cause = new Error("no connection");
    for (const run of [
      () => Promise.reject(cause),
      () => {
        throw cause;
      },
    ]) {
      const schema = { "~standard": { version: 1 as const, vendor: "handmade", validate: run } };
      const error = await failure(validate(schema, {}));
      expect(error).toMatchObject({ code: "SCHEMA_MISMATCH", cause });
      expect(textOf(error)).toBe("The value could not be validated by the schema: it failed itself.");
    }
    const nothing = asyncSchema(() => undefined as never);
    expect((await failure(validate(nothing, {}))).cause).toBeInstanceOf(TypeError);
  });

  it.each([
    undefined,
    null,
    "schema",
    {},
    { "~standard": null },
    { "~standard": { version: 2, validate: () => ({}) } },
    { "~standard": { version: 1 } },
  ])("refuses %j, which is no Standard Schema", async (schema) => {
    const error = await failure(validate(schema as unknown as StandardSchemaV1, {}));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(textOf(error)).toBe("The schema does not follow Standard Schema, version 1.");
  });
});

describe("SchemaRegistry.check", () => {
  const V1 = z.object({ id: z.number() });
  const V2 = z.object({ id: z.string(), total: z.number().default(0) });
  const V3 = z.object({ id: z.string(), total: z.object({ amount: z.number(), currency: z.string() }) });

  const orders = () =>
    new SchemaRegistry()
      .register("order", "1", V1)
      .register("order", "2", V2)
      .register("order", "3", V3)
      .upgrade("order", "1", "2", (order: z.infer<typeof V1>) => ({ id: `o-${order.id}` }))
      .upgrade("order", "2", "3", async (order: z.infer<typeof V2>) => {
        await Promise.resolve();
        return { ...order, total: { amount: order.total, currency: "EUR" } };
      });

  it("passes a value whose schema nobody registered, as it is", async () => {
    const value = { any: "thing" };
    expect(await orders().check({ schema: "invoice", schemaVersion: "1" }, value)).toBe(value);
    expect(await new SchemaRegistry().check({ schema: "__proto__" }, value)).toBe(value);
    const upgradesOnly = new SchemaRegistry().upgrade("invoice", "1", "2", () => null);
    expect(await upgradesOnly.check({ schema: "invoice", schemaVersion: "1" }, value)).toBe(value);
  });

  it("validates a value of the current version", async () => {
    const value = { id: "o-1", total: { amount: 1, currency: "EUR", more: true } };
    expect(await orders().check({ schema: "order", schemaVersion: "3" }, value)).toEqual({
      id: "o-1",
      total: { amount: 1, currency: "EUR" },
    });
  });

  it("upgrades older versions step by step; each upgrade gets what the schema made of the value", async () => {
    expect(await orders().check({ schema: "order", schemaVersion: "1" }, { id: 7 })).toEqual({
      id: "o-7",
      total: { amount: 0, currency: "EUR" },
    });
    expect(await orders().check({ schema: "order", schemaVersion: "2" }, { id: "o-7", total: 5 })).toEqual({
      id: "o-7",
      total: { amount: 5, currency: "EUR" },
    });
  });

  it("names the versions and the paths when the value does not match", async () => {
    const check = async (schemaVersion: string, value: unknown, schemas = orders()) =>
      textOf(await failure(schemas.check({ schema: "order", schemaVersion }, value)));
    expect(await check("3", { id: "s3cr3t", total: 5 })).toBe(
      'The value does not match the schema "order" version "3": issues at total.',
    );
    expect(await check("1", { id: "s3cr3t" })).toBe(
      'The value does not match the schema "order" version "1": issues at id.',
    );
    const broken = new SchemaRegistry()
      .register("order", "1", V1)
      .register("order", "2", V2)
      .upgrade("order", "1", "2", () => ({ id: 5, total: "s3cr3t" }));
    expect(await check("1", { id: 1 }, broken)).toBe(
      'The value does not match the schema "order" version "2", upgraded from version "1": issues at id, total.',
    );
  });

  it("fails for a version that is unknown, or that has no way to the current one", async () => {
    const schemas = orders().upgrade("order", "3", "2", () => null);
    for (const [schemaVersion, text] of [
      ["4", '"order" version "4"'],
      ["__proto__", '"order" version "__proto__"'],
      [undefined, '"order"'],
      ["x".repeat(100), `"order" version "${"x".repeat(64)}…"`],
    ] as const) {
      const error = await failure(schemas.check({ schema: "order", schemaVersion }, { id: 1 }));
      expect(error.code).toBe("SCHEMA_MISMATCH");
      expect(textOf(error)).toBe(
        `A value of the schema ${text} has no upgrade to version "3". Add one by upgrade() of the registry.`,
      );
    }
    const apart = new SchemaRegistry().register("order", "1", V1).register("order", "2", V2);
    expect((await failure(apart.check({ schema: "order", schemaVersion: "1" }, { id: 1 }))).code).toBe(
      "SCHEMA_MISMATCH",
    );
  });

  it("takes the version registered last for the current one, whatever its name", async () => {
    const schemas = new SchemaRegistry()
      .register("order", "10", V2)
      .register("order", "9", V1)
      .upgrade("order", "10", "9", () => ({ id: 9 }));
    expect(await schemas.check({ schema: "order", schemaVersion: "10" }, { id: "o" })).toEqual({ id: 9 });
  });

  it("upgrades from and through versions that are not registered", async () => {
    const schemas = new SchemaRegistry()
      .upgrade("order", "0", "0.5", (order: { n: number }) => ({ n: order.n + 1 }))
      .upgrade("order", "0.5", "1", (order: { n: number }) => ({ id: order.n * 10 }))
      .register("order", "1", V1);
    expect(await schemas.check({ schema: "order", schemaVersion: "0" }, { n: 1 })).toEqual({ id: 20 });
  });

  it("takes the fewest steps, the earlier given of two ways as short, and survives cycles", async () => {
    const via = (step: string) => (steps: string[]) => [...steps, step];
    const schemas = new SchemaRegistry()
      .register("s", "d", anything)
      .upgrade("s", "a", "b", via("ab"))
      .upgrade("s", "b", "a", via("ba"))
      .upgrade("s", "b", "c", via("bc"))
      .upgrade("s", "c", "d", via("cd"))
      .upgrade("s", "a", "e", via("ae"))
      .upgrade("s", "e", "d", via("ed"))
      .upgrade("s", "a", "f", via("af"))
      .upgrade("s", "f", "d", via("fd"))
      .upgrade("s", "x", "y", via("xy"))
      .upgrade("s", "y", "x", via("yx"));
    expect(await schemas.check({ schema: "s", schemaVersion: "a" }, [])).toEqual(["ae", "ed"]);
    expect(await schemas.check({ schema: "s", schemaVersion: "b" }, [])).toEqual(["bc", "cd"]);
    expect((await failure(schemas.check({ schema: "s", schemaVersion: "x" }, []))).code).toBe("SCHEMA_MISMATCH");
  });

  it("upgrades nothing when the value is of the current version, though there is a way around", async () => {
    const schemas = new SchemaRegistry()
      .register("s", "1", anything)
      .upgrade("s", "1", "2", () => "two")
      .upgrade("s", "2", "1", () => "one");
    expect(await schemas.check({ schema: "s", schemaVersion: "1" }, "kept")).toBe("kept");
  });

  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("s3cr3t");
      },
    ],
    ["rejects", () => Promise.reject(new Error("s3cr3t"))],
  ])("fails when an upgrade %s, with the cause", async (_how, upgrade) => {
    const schemas = new SchemaRegistry().register("order", "2", V2).upgrade("order", "1", "2", upgrade);
    const error = await failure(schemas.check({ schema: "order", schemaVersion: "1" }, {}));
    expect(error.code).toBe("SCHEMA_MISMATCH");
    expect(textOf(error)).toBe('The upgrade of the schema "order" version "1" to version "2" failed.');
    expect(error.cause).toEqual(new Error("s3cr3t"));
  });

  it("takes no version, undefined and the empty string for the same", async () => {
    const tags: SchemaTag[] = [
      { schema: "s" },
      { schema: "s", schemaVersion: undefined },
      { schema: "s", schemaVersion: "" },
    ];
    for (const version of [undefined, ""]) {
      const schemas = new SchemaRegistry().register("s", version, V1);
      for (const tag of tags) {
        expect(await schemas.check(tag, { id: 1 })).toEqual({ id: 1 });
        expect(textOf(await failure(schemas.check(tag, {})))).toBe(
          'The value does not match the schema "s": issues at id.',
        );
      }
      schemas.register("s", "2", V2).upgrade("s", version, "2", () => ({ id: "up" }));
      for (const tag of tags) expect(await schemas.check(tag, { id: 1 })).toEqual({ id: "up", total: 0 });
    }
  });

  it("finds a way as short as a model does, in any graph", async () => {
    const version = fc.constantFrom("a", "b", "c", "d", "e", "f");
    const edges = fc.uniqueArray(
      fc.tuple(version, version).filter(([from, to]) => from !== to),
      { selector: (edge) => edge.join(), maxLength: 16 },
    );
    await fc.assert(
      fc.asyncProperty(edges, version, version, async (upgrades, from, current) => {
        const schemas = new SchemaRegistry().register("s", current, anything);
        for (const [source, target] of upgrades) {
          schemas.upgrade("s", source, target, (path: string[]) => {
            expect(path.at(-1)).toBe(source);
            return [...path, target];
          });
        }
        const distances = new Map([[from, 0]]);
        for (let round = 0; round < 6; round++) {
          for (const [source, target] of upgrades) {
            const via = (distances.get(source) ?? Infinity) + 1;
            if (via < (distances.get(target) ?? Infinity)) distances.set(target, via);
          }
        }
        const result = await schemas
          .check({ schema: "s", schemaVersion: from }, [from])
          .catch((error: unknown) => error);
        const distance = distances.get(current);
        if (distance === undefined) expect(result).toMatchObject({ code: "SCHEMA_MISMATCH" });
        else expect(result).toHaveLength(distance + 1);
      }),
      { numRuns: 300 },
    );
  });
});

describe("SchemaRegistry refuses", () => {
  it.each<[string, (schemas: SchemaRegistry) => unknown, string]>([
    ["a blank name", (s) => s.register(" ", "1", anything), "The name of a schema must be a text."],
    ["a name that is none", (s) => s.register(7 as never, "1", anything), "The name of a schema must be a text."],
    [
      "a version that is none",
      (s) => s.register("s", 7 as never, anything),
      "The version of a schema must be a string.",
    ],
    ["a version null", (s) => s.register("s", null as never, anything), "The version of a schema must be a string."],
    ["no schema", (s) => s.register("s", "1", {} as never), "The schema does not follow Standard Schema, version 1."],
    [
      "a version twice",
      (s) => s.register("s", "1", anything).register("s", "1", anything),
      'The schema "s" version "1" is registered already.',
    ],
    [
      "no version twice",
      (s) => s.register("s", "", anything).register("s", undefined, anything),
      'The schema "s" is registered already.',
    ],
    ["an upgrade of a blank name", (s) => s.upgrade("", "1", "2", () => 0), "The name of a schema must be a text."],
    [
      "an upgrade from no version",
      (s) => s.upgrade("s", 1 as never, "2", () => 0),
      "The version of a schema must be a string.",
    ],
    [
      "an upgrade to no version",
      (s) => s.upgrade("s", "1", 2 as never, () => 0),
      "The version of a schema must be a string.",
    ],
    [
      "an upgrade to itself",
      (s) => s.upgrade("s", "1", "1", () => 0),
      'The schema "s" version "1" can\'t be upgraded to itself.',
    ],
    [
      "an upgrade by no function",
      (s) => s.upgrade("s", "1", "2", {} as never),
      "The upgrade of a schema must be a function.",
    ],
    [
      "an upgrade twice",
      (s) => s.upgrade("s", "1", "2", () => 0).upgrade("s", "1", "2", () => 0),
      'The schema "s" version "1" has an upgrade to version "2" already.',
    ],
  ])("%s", (_what, act, text) => {
    const message = `${text} [CONFIG_INVALID, configure]`;
    expect(() => act(new SchemaRegistry())).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message }) as Error,
    );
  });

  it("keeps what was registered when a later call is refused", async () => {
    const schemas = new SchemaRegistry().register("s", "1", z.number());
    expect(() => schemas.register("s", "2", {} as never)).toThrow(StorageError);
    expect(await schemas.check({ schema: "s", schemaVersion: "1" }, 7)).toBe(7);
  });
});
