import Sequencer from "@jest/test-sequencer";

// Small files that take 10 seconds and more: they run whole suites or programs. Jest knows it only of files that it has run before,
// and takes the large ones first. What is slow and begins last keeps all other cores waiting.
const SLOW =
  /\/(?:[^/]*conformance|collector-of-many|compositions|bench|demo|readme|examples|regular-expressions|shared-signals)\.test\.ts$/;

/** Begins with what is known to be slow. */
export default class TestSequencer extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    return [...sorted.filter(isSlow), ...sorted.filter((test) => !isSlow(test))];
  }
}

function isSlow({ path, duration }) {
  return duration === undefined && SLOW.test(path);
}
