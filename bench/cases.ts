import type { BenchCase } from "./case.js";
import { deliveryBatch, hasDataFile, pullRequestDelivery, readDataFile } from "./payload/real.js";
import { written, WRITINGS } from "./payload/writings.js";
import { deep, flat, texts, wide } from "./payload/shapes.js";

const SHAPES = {
  flat: { make: flat, description: "one object, many scalar fields" },
  wide: { make: wide, description: "an array of records" },
  deep: { make: deep, description: "nested 200 deep, data at each level" },
} as const;

const SIZES: Readonly<Record<string, number>> = {
  "200B": 200,
  "900B": 900,
  "1KB": 1e3,
  "10KB": 1e4,
  "100KB": 1e5,
  "1MB": 1e6,
  "10MB": 1e7,
  "100MB": 1e8,
};

/** The case of a shape and a size: `madeCase("wide", "10MB")`. */
export function madeCase(shape: keyof typeof SHAPES, size: string): BenchCase {
  const { make, description } = SHAPES[shape];
  const bytes = SIZES[size]!;
  return { name: `${shape}-${size}`, description, shape, size: bytes, make: () => make(bytes) };
}

/** 1,350 values of 2 KiB: the Go system's users meet it as a run with that many step outputs. */
export const manyValues: BenchCase = {
  name: "many-1350x2KiB",
  description: "1,350 records with a text of 2 KiB",
  shape: "many",
  size: 1350 * 2048,
  make: () => texts(1350, 2048),
};

export const fewValues: BenchCase = {
  name: "few-200x1MiB",
  description: "200 records with a text of 1 MiB",
  shape: "few",
  size: 200 * 1024 ** 2,
  make: () => texts(200, 1024 ** 2),
};

/** The same, for a run that has little time. */
export const fewerValues: BenchCase = {
  name: "few-32x1MiB",
  description: "32 records with a text of 1 MiB",
  shape: "few",
  size: 32 * 1024 ** 2,
  make: () => texts(32, 1024 ** 2),
};

const writings = (["chinese", "emoji", "mixed"] as const).map((writing): BenchCase => {
  const size = SIZES["1MB"]!;
  return {
    name: `${writing}-1MB`,
    description: `records of texts: ${WRITINGS[writing].description}`,
    shape: "text",
    size,
    make: () => written(size, writing),
  };
});

const delivery: BenchCase = {
  name: "github-delivery",
  description: "one webhook delivery of GitHub",
  shape: "real",
  size: 21_370,
  make: pullRequestDelivery,
};

const batch: BenchCase = {
  name: "github-batch",
  description: "webhook deliveries of GitHub, of every kind",
  shape: "real",
  size: 3_263_411,
  make: deliveryBatch,
};

const DATA_FILES: readonly [name: string, description: string, size: number][] = [
  ["canada", "GeoJSON: arrays of numbers", 2_090_234],
  ["citm_catalog", "a catalogue: objects and numbers", 500_299],
  ["twitter", "a search result: texts beyond Latin-1", 466_906],
];

const dataFiles = DATA_FILES.filter(([name]) => hasDataFile(`${name}.json`)).map(
  ([name, description, size]): BenchCase => {
    return { name, description, shape: "real", size, make: () => readDataFile(`${name}.json`) };
  },
);

const allMade = Object.keys(SIZES)
  .filter((size) => size !== "900B")
  .map((size) => madeCase("wide", size));
const others = [madeCase("flat", "1MB"), madeCase("deep", "1MB")];

/** Every case, smallest first within a shape. */
export const CASES: readonly BenchCase[] = [
  ...allMade,
  ...others,
  ...writings,
  manyValues,
  fewValues,
  delivery,
  batch,
  ...dataFiles,
];

/** What is measured over the network as well: where requests matter, and enough to see when they don't. */
export const S3_CASES: readonly string[] = [
  "wide-10KB",
  "wide-1MB",
  "wide-10MB",
  "deep-1MB",
  manyValues.name,
  delivery.name,
  batch.name,
  fewValues.name,
];

/** The same, where a request takes no time: what the client's CPU does. */
export const S3_CPU_CASES: readonly string[] = ["wide-10KB", "wide-10MB", "deep-1MB", manyValues.name];

/** What a quick run measures. */
export const QUICK_CASES: readonly string[] = ["wide-200B", manyValues.name, delivery.name];
export const QUICK_S3_CASES: readonly string[] = [delivery.name];

export function findCase(name: string): BenchCase {
  const found = CASES.find((bench) => bench.name === name);
  if (found === undefined)
    throw new Error(`There is no case "${name}". There are: ${CASES.map((c) => c.name).join(", ")}.`);
  return found;
}
