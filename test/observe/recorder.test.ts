import type { StorageEvent } from "../../src/observe/event.js";
import { notify } from "../../src/observe/notify.js";
import { Recorder } from "../../src/observe/recorder.js";
import { StorageError } from "../../src/errors/error.js";
import { turn } from "../support/turn.js";

function recorderAt(...times: number[]) {
  const events: StorageEvent[] = [];
  const recorder = new Recorder([(event) => events.push(event)], { now: () => times.shift()! });
  return { events, recorder };
}

async function* items(count: number, failure?: Error) {
  for (let i = 0; i < count; i++) yield await Promise.resolve(i);
  if (failure !== undefined) throw failure;
}

describe("record", () => {
  it("tells of a success, with what became known while it ran", async () => {
    const { events, recorder } = recorderAt(100, 130.5);
    const details: { store: string; bytes?: number; scope: undefined } = { store: "memory", scope: undefined };
    const result = await recorder.record("write", details, () => {
      details.bytes = 7;
      return Promise.resolve("result");
    });
    expect(result).toBe("result");
    expect(events).toEqual([{ operation: "write", store: "memory", outcome: "success", bytes: 7, durationMs: 30.5 }]);
    expect(Object.keys(events[0]!)).not.toContain("scope");
  });

  it.each([
    [new StorageError("THROTTLED", "Slow down."), "THROTTLED"],
    [new TypeError("a bug"), "UNEXPECTED"],
    ["a text", "UNEXPECTED"],
  ])("tells of a failure by its code, and hands it on: %p", async (error, code) => {
    const { events, recorder } = recorderAt(0, 1);
    const call = recorder.record("read", {}, () => Promise.reject(error as Error));
    await expect(call.catch((caught: unknown) => caught)).resolves.toBe(error);
    expect(events).toEqual([{ operation: "read", outcome: "error", code, bytes: 0, durationMs: 1 }]);
  });

  it("reads no clock when nobody listens", async () => {
    const now = () => {
      throw new Error("The clock was read.");
    };
    const recorder = new Recorder([], { now });
    await expect(recorder.record("read", {}, () => Promise.resolve(1))).resolves.toBe(1);
    const all: number[] = [];
    for await (const item of recorder.recordEach("list", {}, items(2))) all.push(item);
    expect(all).toEqual([0, 1]);
  });

  it("gives every observer an event of its own", async () => {
    const seen: StorageEvent[] = [];
    const vandal = (event: StorageEvent) => {
      event.operation = "delete";
    };
    await new Recorder([vandal, (event) => seen.push(event)]).record("read", {}, () => Promise.resolve(1));
    expect(seen).toMatchObject([{ operation: "read" }]);
  });
});

describe("recordEach", () => {
  it.each([
    { name: "all", stopAt: 9, seen: 3, more: { outcome: "success" } },
    { name: "a part, where the reader has had enough,", stopAt: 1, seen: 2, more: { outcome: "success" } },
  ])("tells of $name", async ({ stopAt, seen, more }) => {
    const { events, recorder } = recorderAt(5, 8);
    for await (const item of recorder.recordEach("list", { store: "memory" }, items(3))) if (item === stopAt) break;
    expect(events).toEqual([{ operation: "list", store: "memory", bytes: 0, objects: seen, durationMs: 3, ...more }]);
  });

  it("tells of a failure", async () => {
    const { events, recorder } = recorderAt(0, 1);
    const failure = new StorageError("UNAVAILABLE", "Gone.");
    const read = async () => {
      for await (const item of recorder.recordEach("list", {}, items(2, failure))) expect(item).toBeLessThan(2);
    };
    await expect(read()).rejects.toBe(failure);
    expect(events).toMatchObject([{ outcome: "error", code: "UNAVAILABLE", objects: 2 }]);
  });
});

describe("notify", () => {
  it("hands on the news, and ignores what the listener does with it", async () => {
    const heard: number[] = [];
    notify((news: number) => heard.push(news), 1);
    notify(() => {
      throw new Error("a listener");
    }, 2);
    notify(() => Promise.reject(new Error("an async listener")), 3);
    await turn(); // an unhandled rejection would fail this test
    expect(heard).toEqual([1]);
  });
});
