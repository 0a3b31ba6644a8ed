import vm from "node:vm";

/** Compiles as Jest does, by the function that the environment of these tests has put in place. */
function load(code: string, context: vm.Context, filename: string): Record<string, unknown> {
  const exports: Record<string, unknown> = {};
  const compiled = vm.compileFunction(code, ["exports"], { filename, parsingContext: context });
  (compiled as (exports: object) => void)(exports);
  return exports;
}

it("compiles a file once, and shares nothing else between contexts", () => {
  const code = "let calls = 0; exports.next = () => ++calls; exports.list = []; exports.global = globalThis;";
  const contexts = [vm.createContext(), vm.createContext()];
  const [first, second] = contexts.map((context) => load(code, context, "/counter.js"));
  const next = [first, second].map((exports) => exports!["next"] as () => number);
  expect([next[0]!(), next[0]!(), next[1]!()]).toEqual([1, 2, 1]);
  expect(next[0]).not.toBe(next[1]);
  expect(Object.getPrototypeOf(first!["list"])).not.toBe(Object.getPrototypeOf(second!["list"]));
  expect(first!["global"]).not.toBe(second!["global"]);
});

it("compiles what has changed, and what other files say alike, under their own names", () => {
  const context = vm.createContext();
  expect(load("exports.of = 1", context, "/changed.js")).toEqual({ of: 1 });
  expect(load("exports.of = 2", context, "/changed.js")).toEqual({ of: 2 });
  const stack = (filename: string): unknown => load("exports.stack = new Error().stack", context, filename)["stack"];
  expect(stack("/one.js")).toContain("/one.js:1:17");
  expect(stack("/other.js")).toContain("/other.js:1:17");
});

it("says of code that can't be compiled what Node says", () => {
  const context = vm.createContext();
  expect(() => load("const a = ;", context, "/wrong.js")).toThrow("Unexpected token ';'");
});
