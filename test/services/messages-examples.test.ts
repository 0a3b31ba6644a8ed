import { runProgram } from "../examples/run-program.js";
import { serviceVariable } from "./service-variable.js";

it("rabbitmq handles what was dead-lettered when its cause is gone", async () => {
  const RABBITMQ_URL = serviceVariable("RABBITMQ_URL");
  const output = await runProgram(["examples/rabbitmq.ts"], { RABBITMQ_URL });
  expect(output.trimEnd().split("\n")).toEqual([
    "sent 4 orders, which left 3 objects",
    "handled 1, 3; failed: NOT_FOUND, the database is down, the database is down",
    "handled 1, 3, 2, 4; failed: none",
  ]);
}, 60_000);

it("kafka lets two groups read in order, and a partition go on after what can't be opened", async () => {
  const KAFKA_BROKERS = serviceVariable("KAFKA_BROKERS");
  const output = await runProgram(["examples/kafka.ts"], { KAFKA_BROKERS });
  expect(output.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/^sent 3\d{6} bytes as \d{3}, which left 2 objects$/),
    "billing has read 0, 1, 2, 3",
    expect.stringMatching(/^search has read (0, 1, 2|0, 2, 3)$/),
    expect.stringMatching(/^search has read [13]$/),
  ]);
}, 60_000);
