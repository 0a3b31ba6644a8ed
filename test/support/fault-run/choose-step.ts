import type { Capability } from "../../../src/store/capability.js";
import type { ListOptions, ReadOptions } from "../../../src/store/store.js";
import { copyStep } from "./copy-step.js";
import { deleteStep } from "./delete-step.js";
import { groupOf, immutableVersion } from "./immutable-version.js";
import { listStep } from "./list-step.js";
import type { PossibleStates } from "./possible-states.js";
import type { RandomChoice } from "./random-choice.js";
import { readStep, statStep, type ReadManner } from "./read-step.js";
import type { Step } from "./step.js";
import type { Version } from "./version.js";
import { writeStep, type WriteCondition } from "./write-step.js";

/** What the contents of a run are. */
export type FaultRunMode = "mutable" | "immutable";

/** Makes the steps of one run. */
export class StepChoice {
  #written = 0;

  constructor(
    private readonly choice: RandomChoice,
    private readonly mode: FaultRunMode,
    private readonly capability: Capability,
    private readonly states: PossibleStates,
    private readonly etags: ReadonlyMap<string, string>,
    private readonly without: readonly Step["verb"][],
    private readonly bare: boolean,
  ) {}

  next(): Step {
    const { choice } = this;
    const verb = choice.of([
      "write", "write", "write", "write", "read", "read", "read", "read", "read", "stat", "delete", "list", "copy",
    ] as const); // prettier-ignore
    if (!this.capability[verb] || this.without.includes(verb)) return this.#read();
    const path = choice.of(this.states.paths);
    switch (verb) {
      case "write":
        return this.#write(path);
      case "read":
        return this.#read();
      case "stat":
        return statStep(path);
      case "delete":
        return deleteStep(path, this.capability.deleteIfMatch && choice.chance(0.1));
      case "copy": {
        const targets = this.states.paths.filter((to) => this.mode === "mutable" || groupOf(to) === groupOf(path));
        return copyStep(path, choice.of(targets), this.states.at(path), this.bare);
      }
      case "list":
        return this.#list();
    }
  }

  #write(path: string): Step {
    const { choice, capability } = this;
    const etag = this.states.certain(path) === undefined ? undefined : this.etags.get(path);
    const conditions: WriteCondition[] = ["none", "none", "none", "none", "none"];
    if (capability.ifNoneMatch) conditions.push("absent");
    if (capability.ifMatch) conditions.push("stale");
    if (capability.ifMatch && etag !== undefined) conditions.push("current");
    return writeStep(path, this.#version(path), {
      chunkSize: choice.chance(0.4) ? 1 + choice.below(80) : undefined,
      digest: choice.chance(0.03) ? "wrong" : choice.chance(0.3) ? "right" : "none",
      size: choice.chance(0.3),
      condition: choice.of(conditions),
      etag,
      bare: this.bare,
    });
  }

  #version(path: string): Version {
    const { capability, choice } = this;
    if (this.mode === "immutable") {
      const { bytes, contentType, metadata } = immutableVersion(path);
      return { bytes, ...(capability.contentType && { contentType }), ...(capability.metadata && { metadata }) };
    }
    const n = ++this.#written;
    const described = choice.chance(0.5);
    return {
      bytes: Buffer.alloc(this.#length(), `${n}:`),
      ...(described && capability.contentType && { contentType: `text/x-${n}` }),
      ...(described && capability.metadata && { metadata: { version: `${n}` } }),
    };
  }

  // Long enough to hold its number, and now and then several kilobytes.
  #length(): number {
    return this.choice.chance(0.02) ? 5000 : 8 + this.choice.below(120);
  }

  #read(): Step {
    const { choice } = this;
    const range: ReadOptions = {};
    if (this.capability.rangeRead && choice.chance(0.3)) {
      if (choice.chance(0.7)) range.offset = choice.below(150);
      if (choice.chance(0.7)) range.length = choice.below(100);
    }
    const manner = choice.of<ReadManner>(["bytes", "bytes", "bytes", "iterate", "iterate", "begin", "cancel"]);
    return readStep(choice.of(this.states.paths), range, manner);
  }

  #list(): Step {
    const { choice } = this;
    const options: ListOptions = {};
    if (choice.chance(0.3)) options.startAfter = choice.of(this.states.paths);
    if (choice.chance(0.3)) options.limit = choice.below(5);
    const prefix = choice.of(["", "", choice.of(this.states.paths).slice(0, 1 + choice.below(3))]);
    return listStep(prefix, options, this.states.paths);
  }
}
