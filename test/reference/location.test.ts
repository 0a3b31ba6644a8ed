import fc from "fast-check";
import { formatLocation } from "../../src/paths/location.js";
import { pathProblem } from "../../src/paths/path.js";
import { parseLocation } from "../../src/reference/location.js";
import { failureOf } from "../plan/failure.js";

describe("parseLocation", () => {
  it.each(["a", "outputs/run/00.json", "a b/é/😀", "...", "s3:x/y", "a:b", "C:/x", "1s3:x", "x".repeat(1024)])(
    "takes %j for a path of the manager's own store",
    (ref) => {
      expect(parseLocation(ref)).toEqual({ path: ref });
    },
  );

  it.each([
    ["s3://bucket/a", "s3", "bucket", "a"],
    ["S3://Bucket/a/B.json", "s3", "Bucket", "a/B.json"],
    ["git+ssh-2.0://host:22/a", "git+ssh-2.0", "host:22", "a"],
    ["gs://b/c://d/e".replace("c://d", "c:/d"), "gs", "b", "c:/d/e"],
    ["x://y/é z", "x", "y", "é z"],
    ["file:///etc/passwd", "file", "", "etc/passwd"],
  ])("takes %s apart", (ref, scheme, container, path) => {
    expect(parseLocation(ref)).toEqual({ target: { scheme, container }, path });
  });

  it.each([
    "",
    "/etc/passwd",
    "//host/a",
    "a//b",
    "a/",
    ".",
    "..",
    "./a",
    "../a",
    "a/../b",
    "a/./b",
    "a/..",
    "a\\b",
    "..\\a",
    "\\\\host\\a",
    "a\0",
    "a\nb",
    "\u007f",
    "a\u0085",
    "a\ud800",
    "x".repeat(1025),
    "://a/b",
    "1s3://a/b",
    "s_3://a/b",
  ])("refuses the path %j", (ref) => {
    const error = failureOf(() => parseLocation(ref));
    expect(error.code).toBe("INVALID_REFERENCE");
    expect(error.operation).toBe("hydrate");
    expect(error.message).toMatch(
      /^A reference is not valid: its object path is not valid: .+\. \[INVALID_REFERENCE, \w+\]$/,
    );
  });

  it.each([
    ["s3://", "scheme"],
    ["s3://bucket", "scheme"],
    ["s3://bucket/", "object path"],
    ["s3://bucket//a", "object path"],
    ["s3://bucket/../a", "object path"],
    ["s3://bucket/a\\b", "object path"],
    ["s3://bucket/a\n", "object path"],
    ["s3://../a", "container"],
    ["s3://./a", "container"],
    ["s3://b\\c/a", "container"],
    ["s3://b\n/a", "container"],
    ["s3://b\ud800/a", "container"],
    [`s3://b/${"x".repeat(1025)}`, "object path"],
  ])("refuses %j, since its %s is wrong", (ref, part) => {
    const error = failureOf(() => parseLocation(ref));
    expect(error.code).toBe("INVALID_REFERENCE");
    expect(error.message).toContain(part);
  });

  it("says what is wrong without repeating any of it", () => {
    for (const ref of ["../s3cr3t", "s3cr3t://", "s3cr3t://x/..", "x://s3cr3t\\/a", "\0s3cr3t"]) {
      expect(failureOf(() => parseLocation(ref)).message).not.toContain("s3cr3t");
    }
  });

  it("gives no path that leads elsewhere, whatever it is given", () => {
    const piece = fc.constantFrom("..", ".", "/", "//", "\\", "a", "%2e%2e", "s3://", ":", "\0", " ", "é");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        let location;
        try {
          location = parseLocation(pieces.join(""));
        } catch {
          return;
        }
        const segments = location.path.split("/");
        expect(segments.some((segment) => segment === "" || segment === "." || segment === "..")).toBe(false);
        expect(location.path).not.toMatch(/[\\\0]/);
        const { target, path } = location;
        if (target === undefined) expect(path).toBe(pieces.join(""));
        else expect(parseLocation(formatLocation({ target, path }))).toEqual({ target, path });
      }),
      { numRuns: 1000 },
    );
  });
});

describe("The path of an absolute reference", () => {
  it.each([
    ["x://c/a%20b", "a b"],
    ["x://c/a b", "a b"],
    ["x://c/100%25", "100%"],
    ["x://c/a%3Fb%23c", "a?b#c"],
    ["x://c/%F0%9F%98%80", "😀"],
    ["x://c/a%2525", "a%25"],
  ])("is decoded: %s", (ref, path) => {
    expect(parseLocation(ref)).toEqual({ target: { scheme: "x", container: "c" }, path });
  });

  it.each(["x://c/100%", "x://c/%zz", "x://c/%ff", "x://c/a%2Fb", "x://c/%2e%2e/a", "x://c/a%5Cb", "x://c/a%00"])(
    "is refused when its escapes are no path: %s",
    (ref) => {
      expect(failureOf(() => parseLocation(ref)).code).toBe("INVALID_REFERENCE");
    },
  );

  it("comes back from its text as it went in", () => {
    const segment = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((text) => pathProblem(`a/${text}`) === undefined);
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
        const location = { target: { scheme: "s3", container: "bucket" }, path: segments.join("/") };
        fc.pre(pathProblem(location.path) === undefined);
        expect(parseLocation(formatLocation(location))).toEqual(location);
      }),
    );
  });

  it.each(["x://user:secret@host/a", "x://a:@b/c", "x://a@b:c@d/e", "x://a?b/c", "x://a%20b/c", "x://a b/c"])(
    "needs a plain container: %s",
    (ref) => {
      const error = failureOf(() => parseLocation(ref));
      expect(error.code).toBe("INVALID_REFERENCE");
      expect(error.message).toContain("container");
      expect(error.message).not.toContain("secret");
    },
  );
});
