// The parameters of both CRCs. The bits are reflected, and the value begins and ends with ones ("Catalogue of
// parametrised CRC algorithms", CRC-32/ISCSI and CRC-64/NVME). The polynomials are reflected too, in halves.
const POLYNOMIALS = {
  crc32c: { high: 0, low: 0x82f63b78, bytes: 4 },
  crc64nvme: { high: 0x9a6c9329, low: 0xac4bc9b5, bytes: 8 },
} as const;

type CrcName = keyof typeof POLYNOMIALS;

/** The effect of each value of a byte, in halves. */
interface Table {
  readonly high: Int32Array;
  readonly low: Int32Array;
}

const tables = new Map<CrcName, Table>();

/** A cyclic redundancy check that Node lacks. Takes its bytes in chunks. */
export class ReflectedCrc {
  #high: number;
  #low = -1;

  constructor(private readonly name: CrcName) {
    this.#high = POLYNOMIALS[name].bytes === 8 ? -1 : 0;
  }

  update(bytes: Uint8Array): void {
    const table = tableOf(this.name);
    let high = this.#high;
    let low = this.#low;
    for (let index = 0; index < bytes.length; index++) {
      const byte = (low ^ bytes[index]!) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ table.low[byte]!;
      high = (high >>> 8) ^ table.high[byte]!;
    }
    this.#high = high;
    this.#low = low;
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(~this.#high, 0);
    bytes.writeInt32BE(~this.#low, 4);
    return bytes.subarray(8 - POLYNOMIALS[this.name].bytes);
  }
}

function tableOf(name: CrcName): Table {
  let table = tables.get(name);
  if (table === undefined) tables.set(name, (table = makeTable(name)));
  return table;
}

function makeTable(name: CrcName): Table {
  const polynomial = POLYNOMIALS[name];
  const table: Table = { high: new Int32Array(256), low: new Int32Array(256) };
  for (let byte = 0; byte < 256; byte++) {
    let high = 0;
    let low = byte;
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (low & 1) === 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (!isOdd) continue;
      high ^= polynomial.high;
      low ^= polynomial.low;
    }
    table.high[byte] = high;
    table.low[byte] = low;
  }
  return table;
}
