import { setImmediate as turn } from "node:timers/promises";
import { allEnded } from "../../src/async/concurrency.js";

describe("allEnded", () => {
  it("gives the values of all, in their order", async () => {
    expect(await allEnded([turn(1), Promise.resolve(2), turn(3)])).toEqual([1, 2, 3]);
  });

  it("throws a failure, the first by order, once all have ended", async () => {
    let ended = 0;
    const late = async (error?: Error): Promise<void> => {
      await turn();
      ended++;
      if (error !== undefined) throw error;
    };
    const [one, other] = [new Error("one"), new Error("other")];
    await expect(allEnded([late(one), Promise.reject(other), late()])).rejects.toBe(one);
    expect(ended).toBe(2);
  });
});
