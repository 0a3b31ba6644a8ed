import { gzipSync } from "node:zlib";
import { firstMember, verifyPack } from "../support/measured.js";

const CONTENT = Buffer.from("what is in the member");
const plain = gzipSync(CONTENT);

/** The member with other flags, and what these say stands behind the ten bytes of the header (RFC 1952, section 2.3.1). */
function withHeader(flags: number, ...rest: number[]): Buffer {
  const header = Buffer.from(plain.subarray(0, 10));
  header[3] = flags;
  return Buffer.concat([header, Buffer.of(...rest), plain.subarray(10)]);
}

describe("the first gzip member of many", () => {
  it.each([
    ["plain", plain],
    ["with extra fields", withHeader(4, 2, 0, 9, 9)],
    ["with a name", withHeader(8, 97, 0)],
    ["with a comment", withHeader(16, 98, 99, 0)],
    ["with a checksum of its header", withHeader(2, 1, 2)],
    ["with all of them", withHeader(2 | 4 | 8 | 16, 1, 0, 9, 97, 0, 98, 0, 1, 2)],
  ])("is found: %s", async (_what, member) => {
    expect((await firstMember(Buffer.concat([member, plain]), 1000)).equals(member)).toBe(true);
  });

  it.each([
    ["its magic alone", plain.subarray(0, 2)],
    ["a header whose extra fields are cut short", withHeader(4).subarray(0, 10)],
    ["a name without an end", Buffer.concat([withHeader(8).subarray(0, 10), Buffer.alloc(4, 97)])],
    ["a comment without an end", Buffer.concat([withHeader(16).subarray(0, 10), Buffer.alloc(4, 97)])],
  ])("is DECODE_FAILED of %s", async (_what, bytes) => {
    const { problems } = await verifyPack(bytes, 1000);
    expect(problems).toMatchObject([{ kind: "corrupt", error: { code: "DECODE_FAILED", operation: "verify" } }]);
  });

  it("is BUDGET_EXCEEDED when it becomes too much", async () => {
    const { problems } = await verifyPack(plain, CONTENT.byteLength - 1);
    expect(problems).toMatchObject([{ kind: "refused", error: { code: "BUDGET_EXCEEDED", operation: "verify" } }]);
  });
});
