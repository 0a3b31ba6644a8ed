// Bytes of one step: some milliseconds of work, most of it for new memory.
const STEP = 4 * 1024 * 1024;

/**
 * Copies many bytes in steps.
 *
 * @throws {TypeError} when their memory is transferred, or becomes smaller, between two steps
 */
export function* copyInSteps(bytes: Uint8Array): Generator<undefined, Uint8Array, undefined> {
  const { byteLength } = bytes;
  const copy = new Uint8Array(byteLength);
  for (let start = 0; start < byteLength; start += STEP) {
    if (bytes.byteLength !== byteLength) throw new TypeError("The bytes were transferred or made smaller.");
    copy.set(bytes.subarray(start, start + STEP), start);
    yield undefined;
  }
  return copy;
}
