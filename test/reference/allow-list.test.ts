import { AllowList, isAllowPrefix } from "../../src/reference/allow.js";
import { parseLocation } from "../../src/reference/location.js";
import { failureOf } from "../plan/failure.js";

function allows(prefixes: readonly string[], ref: string): boolean {
  const list = new AllowList(prefixes);
  const location = parseLocation(ref);
  try {
    list.assertAllowed(location);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "REFERENCE_DENIED", operation: "hydrate" });
    return false;
  }
}

describe("An allow list", () => {
  it.each<[string, string]>([
    ["outputs", "outputs/x"],
    ["outputs", "outputs/a/b/c.json"],
    ["outputs", "outputs"],
    ["outputs/", "outputs/x"],
    ["a/b", "a/b/c"],
    ["s3://bucket", "s3://bucket/any/path"],
    ["s3://bucket/", "s3://bucket/any"],
    ["s3://bucket/runs", "s3://bucket/runs/1"],
    ["S3://bucket/runs", "s3://bucket/runs/1"],
    ["s3://bucket", "S3://bucket/x"],
    ["S3://bucket", "s3://bucket/x"],
  ])("with %j allows %j", (prefix, ref) => {
    expect(allows([prefix], ref)).toBe(true);
    expect(allows(["other", prefix, "another"], ref)).toBe(true);
  });

  it.each<[string, string]>([
    ["outputs", "outputs2/x"],
    ["outputs", "output/x"],
    ["outputs", "x/outputs/y"],
    ["outputs", "Outputs/x"],
    ["outputs/run-1", "outputs/run-10/x"],
    ["outputs/run-1", "outputs"],
    ["outputs", "s3://bucket/outputs/x"],
    ["s3://bucket/outputs", "outputs/x"],
    ["s3://bucket", "outputs/x"],
    ["s3://bucket", "s3://bucket2/x"],
    ["s3://bucket", "s3://Bucket/x"],
    ["s3://bucket", "gs://bucket/x"],
    ["s3://bucket/runs", "s3://bucket/runs2/1"],
    ["s3://bucket/runs", "s3://bucket/x"],
    ["s3://bucket/runs", "s3://other/runs/1"],
  ])("with %j denies %j", (prefix, ref) => {
    expect(allows([prefix], ref)).toBe(false);
  });

  it("that is empty allows nothing", () => {
    expect(allows([], "outputs/x")).toBe(false);
  });

  it("denies without naming the path, and says what can be done", () => {
    const list = new AllowList(["outputs"]);
    const { message } = failureOf(() => list.assertAllowed({ path: "s3cr3t/x" }));
    expect(message).not.toContain("s3cr3t");
    expect(message).toContain("`allow`");
  });
});

describe("isAllowPrefix", () => {
  it.each(["outputs", "outputs/", "a/b", "s3://bucket", "s3://bucket/", "s3://bucket/a", "s3://bucket/a/"])(
    "takes %j",
    (prefix) => {
      expect(isAllowPrefix(prefix)).toBe(true);
    },
  );

  it.each([
    "",
    "/",
    "/a",
    "a//",
    "..",
    "../a",
    "a/..",
    "a\\",
    "s3://",
    "s3:///",
    "s3:///a",
    "s3://b//",
    "s3://..",
    "s3://b\\",
    "s3://b/..",
    "\0",
  ])("refuses %j", (prefix) => {
    expect(isAllowPrefix(prefix)).toBe(false);
    expect(failureOf(() => new AllowList([prefix])).code).toBe("INVALID_REFERENCE");
  });
});
