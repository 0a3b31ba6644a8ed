import fc from "fast-check";
import { isFilename } from "../../src/paths/filename.js";
import { filenameOf, withFilename } from "../../src/reference/media-type.js";
import { isMediaType } from "../../src/reference/fields.js";

describe("the name of a file in a media type", () => {
  it.each([
    ["image/png", "cat.png", 'image/png; name="cat.png"'],
    ["image/png", 'a "b" \\ c; d=e', 'image/png; name="a \\"b\\" \\\\ c; d=e"'],
    ["text/plain;charset=utf-8", "a", 'text/plain; charset=utf-8; name="a"'],
    ["text/plain; name=old; charset=utf-8;", "new", 'text/plain; charset=utf-8; name="new"'],
    ["text/plain; name*=UTF-8''%61", "new", 'text/plain; name="new"'],
    ["image/png", "Übersicht '1' (2)*.png", "image/png; name*=UTF-8''%C3%9Cbersicht%20%271%27%20%282%29%2A.png"],
  ])("%s and %s are %s", (type, name, expected) => {
    expect(withFilename(type, name)).toBe(expected);
    expect(filenameOf(expected)).toBe(name);
  });

  it.each(["text/plain; charset", 'text/plain; name="a', "text/plain; =a"])(
    "%s has no parameters to add to",
    (type) => {
      expect(withFilename(type, "a")).toBeUndefined();
      expect(filenameOf(type)).toBeUndefined();
    },
  );

  it.each([
    ["text/plain", undefined],
    ["text/plain; NAME=a.txt", "a.txt"],
    ["text/plain; name=a.txt; name*=utf-8'de'%C3%9C", "Ü"],
    ["text/plain; name=a.txt; name*=utf-8''%FF", "a.txt"],
    ["text/plain; name=a.txt; name*=latin1''%DC", "a.txt"],
    ["text/plain; name*=utf-8''a%0D%0Ab", undefined],
    ['text/plain; charset="; name=a"', undefined],
  ])("%s has the name %s", (type, name) => {
    expect(filenameOf(type)).toBe(name);
  });

  it("is not taken when it makes the media type too long", () => {
    expect(withFilename("image/png", "a".repeat(1006))).toHaveLength(1024);
    expect(withFilename("image/png", "a".repeat(1007))).toBeUndefined();
  });

  it("comes back, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 80 }).filter(isFilename), (name) => {
        const type = withFilename("image/png; a=b", name)!;
        expect(isMediaType(type)).toBe(true);
        expect(filenameOf(type)).toBe(name);
      }),
    );
  });
});
