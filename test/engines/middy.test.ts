import { runProgram } from "../examples/run-program.js";

it("middy runs a middleware that opens events and packs responses", async () => {
  expect(JSON.parse(await runProgram(["test/engines/middy-child.ts"]))).toEqual({
    status: "new",
    packed: true,
    length: 300_000,
  });
});
