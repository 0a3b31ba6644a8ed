import { runProgram } from "./run-program.js";

jest.setTimeout(60_000);

it("step-runner keeps a history of small entries", async () => {
  const output = await runProgram(["examples/step-runner.ts"]);
  expect(output).toMatch(/^import: \d{6} bytes, \d{2,3} in the history$/m);
  expect(output).toMatch(/^total: 44500$/m);
  expect(output).toMatch(/^released: [1-9]\d* objects$/m);
});

it("producer-consumer sends small messages, and copes with one that is delivered twice", async () => {
  const output = await runProgram(["examples/producer-consumer.ts"]);
  expect(output).toMatch(
    /^sent \d{3} bytes\ngot 50000 characters and 70000 bytes of image\nskipped: already processed\n$/,
  );
});

it("testing-with-file-store passes under node:test", async () => {
  const output = await runProgram(["--test", "--test-reporter=tap", "examples/testing-with-file-store.test.ts"]);
  expect(output).toMatch(/^# pass 3$/m);
  expect(output).toMatch(/^# fail 0$/m);
});

it("lost-replica hydrates whichever disks are lost", async () => {
  const output = await runProgram(["examples/lost-replica.ts"]);
  expect(output).toMatch(
    /^dehydrated: \d{3} bytes travel, .*\nberlin is lost: .*\nscrubbed: 1 of 1 objects mended\ndublin and madrid are lost: .*\n$/,
  );
});

it("fan-out deletes a large message of SNS when both of its queues are done", async () => {
  const output = await runProgram(["examples/fan-out.ts"]);
  expect(output).toMatch(
    /^sent 4\d{5} bytes, which left 1 object\nbilling is done, objects left: 1\nsearch is done, objects left: 0\n$/,
  );
});

it("leave-extended-client moves a queue to another format while messages flow", async () => {
  const output = await runProgram(["examples/leave-extended-client.ts"]);
  expect(output.trimEnd().split("\n")).toEqual([
    "the old client: sent 3, received 0",
    "coatcheck, old format: sent 6, received 0",
    "coatcheck, own format: sent 9, received 1",
    "as they came: old, as it is, old, old, as it is, old, own, as it is, own",
    "received 9 in their order, objects left: 0",
  ]);
});
