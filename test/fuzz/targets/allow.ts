import type { Location } from "../../../src/paths/location.js";
import { AllowList, isAllowPrefix } from "../../../src/reference/allow.js";
import { parseLocation } from "../../../src/reference/location.js";
import { assert, outcomeOf } from "../check.js";
import { jsonFormat } from "../format/json.js";
import { defineTarget } from "../target.js";

/** Where a text leads, as segments: scheme, container, and those of the path. Of a container alone the first two. */
function segmentsOf(text: string, { target: where, path }: Location): string[] {
  return [where?.scheme ?? "", where?.container ?? "", ...(text === "" ? [] : path.split("/"))];
}

/** Whether a prefix names everything of a container. */
function isContainer(prefix: string): boolean {
  const [scheme, rest = "", ...more] = prefix.split("://");
  return more.length === 0 && !scheme!.includes("/") && rest !== "" && !rest.includes("/");
}

/** `[text of a reference, prefix, ...]` */
export const target = defineTarget<unknown>({
  format: jsonFormat,
  seeds: [
    ["outputs/a", "outputs"],
    ["outputs2/a", "outputs", "outputs2/"],
    ["s3://bucket/a/b", "s3://bucket"],
    ["s3://bucket/a/b", "S3://bucket/a/"],
    ["file:///a/b", "file:///a"],
    ["s3://b/%61", "s3://b/a"],
    ["a", "", "/", "://", "s3:///a"],
  ],
  words: ["://", "%2F", "s3://"],
  run(input) {
    if (!Array.isArray(input) || !input.every((text) => typeof text === "string")) return;
    const [text = "", ...prefixes] = input;
    const good = prefixes.filter(isAllowPrefix);
    const list = outcomeOf(["INVALID_REFERENCE"], () => new AllowList(prefixes));
    assert((list.error === undefined) === (good.length === prefixes.length), "Two checks of one prefix disagree.");
    const { value: location } = outcomeOf(["INVALID_REFERENCE"], () => parseLocation(text));
    if (list.value === undefined || location === undefined) return;
    const outcome = outcomeOf(["REFERENCE_DENIED"], () => list.value.assertAllowed(location));

    const wanted = segmentsOf(text, location);
    const isAllowed = prefixes.some((prefix) => {
      const trimmed = prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
      const segments = isContainer(trimmed)
        ? segmentsOf("", parseLocation(`${trimmed}/x`))
        : segmentsOf(trimmed, parseLocation(trimmed));
      return segments.every((segment, index) => segment === wanted[index]);
    });
    assert((outcome.error === undefined) === isAllowed, `It is ${isAllowed ? "refused" : "allowed"}.`);
  },
});
