import { Random } from "./random.js";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const NAMES = [
  "Zoë Müller",
  "José Álvarez",
  "Ann Lee",
  "Omar Haddad",
  "Mia Jensen",
  "Li Wei",
  "Sam Okafor",
  "Eva Novak",
];
const NESTING = 200;

/** One object with many scalar fields, of about that many bytes of JSON. */
export function flat(size: number): Json {
  const random = new Random(1);
  const fields: Record<string, Json> = {};
  let bytes = 2;
  for (let index = 0; bytes < size; index++) {
    const key = `field_${index}`;
    const value = scalar(random, index);
    fields[key] = value;
    bytes += key.length + 4 + Buffer.byteLength(JSON.stringify(value));
  }
  return fields;
}

function scalar(random: Random, index: number): Json {
  switch (index % 6) {
    case 0:
      return random.below(1_000_000);
    case 1:
      return random.next() * 1000;
    case 2:
      return random.next() < 0.5;
    case 3:
      return random.next() < 0.2 ? null : random.word();
    default:
      return random.words(1 + random.below(6));
  }
}

/** An array of records, such as the orders of a shop, of about that many bytes of JSON. */
export function wide(size: number): Json {
  const random = new Random(2);
  const orders: Json[] = [];
  let bytes = 13;
  for (let index = 0; bytes < size; index++) {
    const order = record(random, index, size - bytes);
    orders.push(order);
    bytes += Buffer.byteLength(JSON.stringify(order)) + 1;
  }
  return { orders };
}

// Where there is little room left, a record of a few bytes: small payloads should have their size, too.
function record(random: Random, index: number, room: number): Json {
  const id = 10_000 + index;
  if (room < 500) return { id, sku: random.word(), quantity: 1 + random.below(9), paid: random.next() < 0.9 };
  return {
    id,
    customer: {
      name: random.pick(NAMES),
      email: `${random.word()}@example.com`,
      address: { street: random.words(2), city: random.word(), zip: String(10_000 + random.below(89_999)) },
    },
    items: Array.from({ length: 1 + random.below(4) }, () => ({
      sku: `${random.word()}-${random.below(10_000)}`,
      title: random.words(4),
      quantity: 1 + random.below(9),
      price: random.below(100_000) / 100,
    })),
    paid: random.next() < 0.9,
    total: random.below(1_000_000) / 100,
    coupon: random.next() < 0.2 ? random.word() : null,
    note: random.next() < 0.2 ? `"${random.words(6)}"\n${random.words(12)}` : "",
    createdAt: new Date(1_700_000_000_000 + index * 60_000).toISOString(),
  };
}

/** Objects nested 200 deep, with as much data at each level, of about that many bytes of JSON in all. */
export function deep(size: number): Json {
  const perLevel = Math.max(Math.floor(size / NESTING) - 30, 20);
  const random = new Random(3);
  let node: Json = null;
  for (let level = NESTING; level >= 1; level--) {
    const data: Json[] = [];
    for (let bytes = 0; bytes < perLevel;) {
      const item = { key: random.word(), value: random.words(5), weight: random.below(1000) };
      data.push(item);
      bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    }
    node = { level, data, next: node };
  }
  return node;
}

/** So many results of a run, each with one text of so many bytes. */
export function texts(count: number, bytes: number): Json {
  const random = new Random(4);
  // Of large texts, pieces of one: that is faster to make, and no two are the same.
  const source = random.text(Math.min(bytes, 65_536) + count);
  const results = Array.from({ length: count }, (_, index) => ({
    step: `step-${index}`,
    output: text(source, index, bytes),
  }));
  return { run: "run-42", results };
}

function text(source: string, index: number, bytes: number): string {
  const buffer = Buffer.alloc(bytes, source.slice(index), "latin1");
  buffer.write(`${index}:`, "latin1");
  return buffer.toString("latin1"); // a string that is one piece of memory
}
