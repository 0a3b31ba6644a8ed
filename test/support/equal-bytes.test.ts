it("takes bytes for equal when all are, and are of the same kind", () => {
  expect(Buffer.from([1, 2])).toEqual(Buffer.from([1, 2]));
  expect({ bytes: new Uint8Array([1, 2]) }).toStrictEqual({ bytes: new Uint8Array([1, 2]) });
  expect(Buffer.from([1, 2])).not.toEqual(Buffer.from([1, 3]));
  expect(Buffer.from([1, 2])).not.toEqual(Buffer.from([1, 2, 3]));
  expect(Buffer.from([1, 2])).not.toStrictEqual(new Uint8Array([1, 2]));
  expect(new Uint16Array([1])).not.toEqual(new Uint8Array([1, 0]));
});
