import { formatLocation, isScheme, locationBelow, locationProblem, schemeOf } from "../../../src/paths/location.js";
import { pathProblem } from "../../../src/paths/path.js";
import { parseLocation } from "../../../src/reference/location.js";
import { assert, assertEqual, outcomeOf } from "../check.js";
import { textFormat } from "../format/text.js";
import { defineTarget } from "../target.js";

/** The text of a reference: an object path, or `scheme://container/path`. */
export const target = defineTarget<string>({
  format: textFormat,
  seeds: [
    "outputs/run/a.json",
    "s3://bucket/a%20b/%F0%9F%98%80",
    "S3://user@host:80/x",
    "file:///etc/passwd",
    "a/../b",
    "x://u:p@h/a",
    "s3://b/a%2fb",
    "s3://b/%zz",
    "a\\b\ud800\0",
    "s3://b",
    "x:/a//b/",
  ],
  words: ["://", "%2F", "%5C", "%00", "%2e%2e", "..", "@"],
  run(text) {
    const { value: location, error } = outcomeOf(["INVALID_REFERENCE"], () => parseLocation(text));
    assert((locationProblem(text) === undefined) === (error === undefined), "Two checks of one text disagree.");
    if (location === undefined) return;
    const { target: where, path } = location;
    assert(pathProblem(path) === undefined, "Its path is not an object path.");
    const canonical = formatLocation(location);
    assertEqual(parseLocation(canonical), location, "The location as it is written");
    if (where === undefined) {
      assertEqual(path, text, "A path of the own store");
      assert(schemeOf(text) === undefined, "A scheme was overlooked.");
    } else {
      assert(isScheme(where.scheme) && where.scheme === where.scheme.toLowerCase(), "Its scheme is not canonical.");
      assertEqual(schemeOf(text), where.scheme, "The scheme");
      assert(!/[/\\\s?#%]/.test(where.container), "Its container can be taken for something else.");
      assert(!/:.*@/.test(where.container), "Its container carries a password.");
    }
    // A prefix and what is below it are one text, whatever the name is.
    const below = outcomeOf(["INVALID_REFERENCE"], () => parseLocation(locationBelow(canonical, "é %/x")));
    if (below.value !== undefined) assertEqual(below.value, { ...location, path: `${path}/é %/x` }, "What lies below");
  },
});
