/** Takes parts away from an input as long as it still does what `fails` looks for: at most `most` tries. */
export async function shrink(
  bytes: Uint8Array,
  fails: (bytes: Uint8Array) => Promise<boolean>,
  most = 2000,
): Promise<Uint8Array> {
  let smallest = bytes;
  let tries = 0;
  for (let size = Math.ceil(bytes.byteLength / 2); size > 0; size = Math.floor(size / 2)) {
    for (let from = 0; from < smallest.byteLength && tries < most; tries++) {
      const less = Buffer.concat([smallest.subarray(0, from), smallest.subarray(from + size)]);
      if (await fails(less)) smallest = less;
      else from += size;
    }
  }
  return smallest;
}
