import { GatheredBytes } from "../../src/bytes/gathered-bytes.js";

describe("GatheredBytes", () => {
  it("puts chunks together, and gives back what there is no room for", () => {
    const gathered = new GatheredBytes(5);
    expect(gathered.take(Buffer.from("ab"))).toBeUndefined();
    expect(gathered.take(new Uint8Array(0))).toBeUndefined();
    expect(gathered.take(Buffer.from("cdefg"))).toEqual(Buffer.from("fg"));
    expect(gathered.take(Buffer.from("h"))).toEqual(Buffer.from("h"));
    expect([gathered.bytes().toString(), gathered.size]).toEqual(["abcde", 5]);
  });

  it("copies: a source may use its memory again", () => {
    const gathered = new GatheredBytes(10);
    const shared = Buffer.from("abc");
    gathered.take(shared);
    shared.fill("x");
    gathered.take(shared);
    expect(gathered.bytes().toString()).toBe("abcxxx");
  });

  it("keeps no room for more", () => {
    const gathered = new GatheredBytes(1000);
    gathered.take(Buffer.from("a"));
    gathered.take(Buffer.from("b"));
    expect(gathered.kept()).toEqual(Buffer.from("ab"));
    const one = new GatheredBytes(1000);
    one.take(Buffer.from("whole"));
    expect(one.kept().buffer.byteLength).toBe(5);
  });

  it("begins anew in the same memory", () => {
    const gathered = new GatheredBytes(3, 3);
    gathered.take(Buffer.from("abc"));
    const { buffer } = gathered.bytes();
    gathered.clear(3);
    gathered.take(Buffer.from("de"));
    expect(gathered.bytes().toString()).toBe("de");
    expect(gathered.bytes().buffer).toBe(buffer);
    gathered.clear(9);
    gathered.take(Buffer.from("123456789"));
    expect(gathered.bytes().toString()).toBe("123456789");
  });

  it("takes nothing where nothing is allowed", () => {
    const gathered = new GatheredBytes(0);
    expect(gathered.take(new Uint8Array(0))).toBeUndefined();
    expect(gathered.take(Buffer.from("a"))).toEqual(Buffer.from("a"));
    expect(gathered.kept().byteLength).toBe(0);
  });
});
