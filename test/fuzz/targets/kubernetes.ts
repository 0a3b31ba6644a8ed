import { isNamespace, parseKubernetesReference } from "../../../src/resolvers/kubernetes/kubernetes-reference.js";
import { decodeValue, secretValue } from "../../../src/resolvers/kubernetes/kubernetes-value.js";
import { assert, assertEqual, assertPlain, outcomeOf } from "../check.js";
import { jsonFormat } from "../format/json.js";
import { defineTarget } from "../target.js";

/** `[reference, data of the Secret]`: both may come from anyone. */
export const target = defineTarget<unknown>({
  format: jsonFormat,
  seeds: [
    ["name:key", { key: "eyJhIjoxfQ==" }],
    ["own/name.sub:key.json", { "key.json": "dGV4dA==" }],
    [{ name: "a", key: "k", namespace: " own ", format: "RAW" }, { k: "////" }],
    [{ name: "a", key: "__proto__", format: "json" }, { k: 1 }],
    ["other/name:key", {}],
    [{ name: "a", key: "k", more: 1 }, { k: "a" }],
  ],
  run(input) {
    if (!Array.isArray(input)) return;
    const [value, data] = input as unknown[];
    const codes = ["INVALID_REFERENCE", "REFERENCE_DENIED"] as const;
    const { value: reference } = outcomeOf(codes, () => parseKubernetesReference("$bubuSecretRef", value, "own"));
    if (reference === undefined) return;
    const { namespace, name, key, format } = reference;
    assertEqual(namespace, "own", "The namespace");
    // They become parts of a URL path.
    assert(/^[a-z0-9.-]{1,253}$/.test(name) && name.split(".").every((part) => part !== ""), "The name is none.");
    assert(isNamespace(name) || name.includes(".") || name.length > 63, "A label is none.");
    assert(/^[-._a-zA-Z0-9]{1,253}$/.test(key), "The key is none.");
    const again = parseKubernetesReference("$bubuSecretRef", { namespace, name, key, format }, "own");
    assertEqual(again, reference, "The reference as it is written");
    const secret = typeof data === "object" && data !== null && !Array.isArray(data) ? data : {};
    const encoded = secretValue({ data: secret as Record<string, string> }, key);
    assert((encoded !== undefined) === Object.hasOwn(secret, key), "It finds what the Secret does not hold.");
    if (encoded === undefined) return;
    const decoded = outcomeOf(["DECODE_FAILED"], () => decodeValue(encoded, format, {}));
    if (decoded.value !== undefined) assertPlain(decoded.value);
  },
});
