import jest from "eslint-plugin-jest";
import tseslint from "typescript-eslint";
import comments from "./scripts/plain-comments.mjs";

export default tseslint.config(
  { ignores: ["dist/", "coverage/", "reports/", ".stryker-tmp/", ".fuzz/", "site/"] },
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
  {
    files: ["src/**/*.ts"],
    plugins: { comments },
    rules: { "comments/sentences": "error" },
  },
  {
    // The face of all verbs: most of it is the reference that users read.
    files: ["src/manager/storage-manager.ts"],
    rules: { "max-lines": ["error", { max: 250, skipComments: true }] },
  },
  {
    // What prints is a program: the demo, the examples, the scripts.
    files: [
      "examples/**/*.ts",
      "scripts/**",
      "bench/**",
      "test/package/programs/**",
      "test/package/bundle.mjs",
      "test/fuzz/main.ts",
    ],
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
