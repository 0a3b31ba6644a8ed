import { GRAMMARS, type Dialect } from "../../src/reference/grammar.js";
import { isMediaType } from "../../src/reference/fields.js";
import { parseReference } from "../../src/reference/reference.js";
import { failureOf } from "../plan/failure.js";

const DIGEST = `sha256-${"a-_Z9".repeat(8)}abc`;

const required = {
  $storageRef: "outputs/run/00.json",
  $storageContentType: "application/json",
  $storageSize: 12,
  $storageDigest: DIGEST,
};

const parse = (value: Record<string, unknown>, dialect: Dialect = "native") => parseReference(value, GRAMMARS[dialect]);

describe("parseReference gives the fields under the same names in every dialect", () => {
  it("for a native reference with all fields", () => {
    const value = {
      ...required,
      $storageOffset: 0,
      $storageEncoding: "gzip,aes256gcm",
      $storageSchema: "order",
      $storageSchemaVersion: "2",
      $storagePath: "items[*].id",
      $storageSignature: "key:abc",
    };
    expect(parse(value)).toEqual({
      dialect: "native",
      location: { path: "outputs/run/00.json" },
      contentType: "application/json",
      size: 12,
      digest: DIGEST,
      offset: 0,
      encoding: ["gzip", "aes256gcm"],
      schema: "order",
      schemaVersion: "2",
      path: "items[*].id",
      signature: "key:abc",
    });
  });

  it("for a native reference with those that it must have", () => {
    expect(parse(required)).toEqual({
      dialect: "native",
      location: { path: "outputs/run/00.json" },
      contentType: "application/json",
      size: 12,
      digest: DIGEST,
    });
  });

  it("for a bubustack reference, which must have none but its path", () => {
    expect(parse({ $bubuStorageRef: "outputs/run/output.json" }, "bubustack")).toEqual({
      dialect: "bubustack",
      location: { path: "outputs/run/output.json" },
    });
    const value = {
      $bubuStorageRef: "outputs/run/output.json",
      $bubuStorageContentType: "text/plain",
      $bubuStorageSchema: "s",
      $bubuStorageSchemaVersion: "1",
      $bubuStoragePath: "",
    };
    expect(parse(value, "bubustack")).toEqual({
      dialect: "bubustack",
      location: { path: "outputs/run/output.json" },
      contentType: "text/plain",
      schema: "s",
      schemaVersion: "1",
      path: "",
    });
  });

  it("for one that lies in another store", () => {
    const { location } = parse({ ...required, $storageRef: "S3://bucket/a/b.json" });
    expect(location).toEqual({ target: { scheme: "s3", container: "bucket" }, path: "a/b.json" });
  });
});

const S = "s3cr3t";

const WRONG: [string, string, unknown[]][] = [
  ["$storageContentType", "a media type", [S, `${S}/`, `/${S}`, "", 7, null, {}, [`${S}/x`], `a/b c${S}`, `é/${S}`]],
  ["$storageSize", "a whole number", [-1, 1.5, NaN, Infinity, "12", S, null, 2 ** 53, [12], true, 1n]],
  [
    "$storageDigest",
    "sha256-",
    [
      S,
      "",
      `sha256-${S}`,
      DIGEST.slice(0, -1),
      `${DIGEST}a`,
      ` ${DIGEST}`,
      `${DIGEST}\n`,
      DIGEST.toUpperCase(),
      `md5-${DIGEST.slice(7)}`,
      `sha256-${"+".repeat(43)}`,
      7,
      null,
      [DIGEST],
    ],
  ],
  ["$storageOffset", "a whole number", [-1, 0.5, "0", null, S]],
  [
    "$storageEncoding",
    "names of codecs",
    ["", ",", "gzip,", ",gzip", "gzip, br", "GZIP", `-${S}`, `${S}_x`, 7, null, ["gzip"]],
  ],
  ["$storageSchema", "a string", [7, null, { S }, [S]]],
  ["$storageSchemaVersion", "a string", [7, null, { S }]],
  ["$storagePath", "a string", [7, null, [S]]],
  ["$storageSignature", "a string", [7, null, true]],
];

describe("parseReference refuses a field that is wrong, and names it without saying what was in it", () => {
  it.each(WRONG.flatMap(([key, rule, values]) => values.map((value) => [key, value, rule] as const)))(
    "%s: %p",
    (key, value, rule) => {
      const error = failureOf(() => parse({ ...required, [key]: value }));
      expect(error.code).toBe("INVALID_REFERENCE");
      expect(error.operation).toBe("hydrate");
      expect(error.message).toMatch(
        new RegExp(`^A reference is not valid: its \\${key} must be .*\\. \\[INVALID_REFERENCE, hydrate\\]$`),
      );
      expect(error.message).toContain(`must be ${rule}`);
      expect(error.message).not.toContain(S);
    },
  );

  it.each(["$storageContentType", "$storageSize", "$storageDigest"])("a native reference without %s", (key) => {
    const rest = Object.entries(required).filter(([other]) => other !== key);
    const error = failureOf(() => parse(Object.fromEntries(rest)));
    expect([error.code, error.message]).toEqual([
      "INVALID_REFERENCE",
      `A reference is not valid: it has no ${key}. [INVALID_REFERENCE, hydrate]`,
    ]);
  });

  it.each(["$bubuStorageContentType", "$bubuStorageSchema", "$bubuStorageSchemaVersion", "$bubuStoragePath"])(
    "%s of a bubustack reference",
    (key) => {
      const error = failureOf(() => parse({ $bubuStorageRef: "a", [key]: 7 }, "bubustack"));
      expect(error.code).toBe("INVALID_REFERENCE");
      expect(error.message).toContain(`its ${key} must be`);
    },
  );

  it.each(["$storageSize", "$storageDigest", "$storageContentType"])("%s that is undefined, as JSON has it", (key) => {
    const error = failureOf(() => parse({ ...required, [key]: undefined }));
    expect(error.message).toContain(`it has no ${key}`);
    expect(parse({ ...required, $storagePath: undefined })).toEqual(parse(required));
  });

  it("no field that it inherits", () => {
    const value = Object.assign(Object.create({ $storageSize: -1, $storagePath: 7 }) as object, required);
    expect(parse({ ...value })).toEqual(parse(required));
    expect(parse(value as Record<string, unknown>)).toEqual(parse(required));
  });

  it("a path that is none, before anything else", () => {
    const error = failureOf(() => parse({ ...required, $storageRef: `../${S}`, $storageSize: -1 }));
    expect(error.code).toBe("INVALID_REFERENCE");
    expect(error.message).toContain("object path");
    expect(error.message).not.toContain(S);
  });

  it("but takes the limits of each field", () => {
    const good: [string, unknown[]][] = [
      ["$storageSize", [0, 2 ** 53 - 1]],
      ["$storageOffset", [0, 2 ** 53 - 1]],
      ["$storageEncoding", ["gzip", "a", "0", "a-b,c9"]],
      ["$storageSchema", ["", "any text \n"]],
    ];
    for (const [key, values] of good) {
      for (const value of values) expect(() => parse({ ...required, [key]: value })).not.toThrow();
    }
  });
});

describe("isMediaType", () => {
  it.each([
    "application/json",
    "a/b",
    "image/svg+xml",
    "application/vnd.api-1.x_y!#$&^z",
    "text/plain; charset=utf-8",
    "text/plain;charset=utf-8",
    "text/plain  ;",
    "text/plain;",
    `${"a".repeat(127)}/${"b".repeat(127)}`,
    `a/b;${"c".repeat(1020)}`,
  ])("takes %j", (text) => {
    expect(isMediaType(text)).toBe(true);
  });

  it.each([
    "",
    "a",
    "a/",
    "/b",
    "a/b/c",
    "a /b",
    "a/b c",
    " a/b",
    "a/b ",
    "a/b;\n",
    "a/b;\u007f",
    "a/b;é",
    "a/b\n",
    "a/b,c/d",
    `${"a".repeat(128)}/b`,
    `a/${"b".repeat(128)}`,
    `a/b;${"c".repeat(1021)}`,
  ])("refuses %j", (text) => {
    expect(isMediaType(text)).toBe(false);
  });
});
