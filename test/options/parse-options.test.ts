import { StorageManager, type StorageManagerOptions } from "../../src/index.js";

it.each([
  [{ outputPrefx: "a" }, 'options: Unrecognized key: "outputPrefx" (did you mean "outputPrefix"?)'],
  [{ MaxInlineSize: 1 }, 'options: Unrecognized key: "MaxInlineSize" (did you mean "maxInlineSize"?)'],
  [{ retention: { tt: 1 } }, 'retention: Unrecognized key: "tt" (did you mean "ttl"?)'],
  [
    { retention: { policies: [{ scope: "a", tll: 1 }] } },
    'retention.policies.0: Unrecognized key: "tll" (did you mean "ttl"?)',
  ],
  [{ stor: 1, alow: [] }, 'options: Unrecognized keys: "stor", "alow" (did you mean "store", "allow"?)'],
  [{ zzzzzz: 1 }, 'options: Unrecognized key: "zzzzzz".'],
])("an option that is not known names the nearest that is: %j", (options, told) => {
  expect(() => new StorageManager(options as StorageManagerOptions)).toThrow(told);
});
