import jest from "eslint-plugin-jest";
import tseslint from "typescript-eslint";

const NO_IO = ["node:fs", "node:fs/*", "node:net", "node:http", "node:https", "node:stream", "@aws-sdk/*"];

/** A room of src/ that imports neither from these other rooms nor these modules. */
function room(name, otherRooms, modules = []) {
  const group = [...otherRooms.map((other) => `**/${other}/**`), ...modules];
  const message = `src/${name}/ knows nothing of this.`;
  return {
    files: [`src/${name}/**/*.ts`],
    rules: { "no-restricted-imports": ["error", { patterns: [{ group, message }] }] },
  };
}

export default tseslint.config(
  { ignores: ["dist/", "coverage/", "reports/", ".stryker-tmp/", ".fuzz/"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: ["error", "always"],
      "max-lines": ["error", { max: 400 }],
      "no-console": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-floating-promises": [
        "error",
        // Their promises are the test runner's.
        { allowForKnownSafeCalls: [{ from: "package", name: ["describe", "it"], package: "node:test" }] },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  // The rooms of src/, and what each may not know: see CONTRIBUTING.md.
  room("plan", ["manager", "observe", "resolvers", "testing", "store"], NO_IO),
  room("reference", ["manager", "observe", "resolvers", "testing", "store", "plan", "object"], NO_IO),
  // Streams are how Node compresses; there is no I/O in them.
  room(
    "object",
    ["manager", "observe", "resolvers", "testing", "store", "plan"],
    NO_IO.filter((name) => name !== "node:stream"),
  ),
  room("store", ["manager", "resolvers", "testing", "plan", "reference", "object"]),
  room("resolvers", ["manager", "observe", "testing", "store/drivers", "store/compose", "plan", "object"]),
  room("observe", ["manager", "resolvers", "testing", "store", "plan", "reference", "object"]),
  {
    // What prints is a program: the demo, the examples, the scripts.
    files: ["examples/**/*.ts", "scripts/**", "bench/**", "test/package/programs/**", "test/fuzz/main.ts"],
    rules: { "no-console": "off" },
  },
  {
    files: ["test/**/*.ts"],
    plugins: { jest },
    rules: {
      ...jest.configs["flat/recommended"].rules,
      "jest/expect-expect": ["error", { assertFunctionNames: ["expect*", "fc.assert", "assert*", "storeConformance"] }],
      "jest/no-conditional-expect": "off",
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
    },
  },
  {
    files: ["**/*.js", "**/*.mjs", "**/*.cjs"],
    ...tseslint.configs.disableTypeChecked,
  },
  {
    files: ["**/*.cjs"],
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
);
