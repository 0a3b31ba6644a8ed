import { RandomChoice } from "../support/fault-run/random-choice.js";
import { readCorpus, seedsOf } from "./engine/corpus.js";
import { execute, withCanary } from "./engine/run-target.js";
import { loadTarget, targetNames } from "./targets.js";

// What fuzzing found once, as jest runs it: without counters, in the order of the files.
describe("everything that fuzzing has kept", () => {
  it.each(targetNames())("does what it must: %s", async (name) => {
    const target = await loadTarget(name);
    const choice = new RandomChoice(1);
    const inputs = [...seedsOf(target), ...readCorpus(name)];
    let executed = 0;
    for (const bytes of inputs) {
      await expect(execute(target, bytes)).resolves.not.toThrow();
      await execute(target, withCanary(target, bytes, choice));
      executed++;
    }
    expect(executed).toBeGreaterThan(target.seeds.length);
  });
});
