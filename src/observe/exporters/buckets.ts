import * as z from "zod/mini";
import { DEFAULT_BUCKETS, type Buckets } from "./metrics.js";

/** Upper bounds of histograms: durations in seconds, or an object with durations in seconds and sizes in bytes. */
export type BucketsOption = readonly number[] | Partial<Buckets>;

const bounds = z.array(z.number().check(z.positive())).check(
  z.minLength(1),
  z.refine((list) => list.every((bound, index) => index === 0 || bound > list[index - 1]!), "must grow"),
);

const each = z.strictObject({ duration: z.optional(bounds), size: z.optional(bounds) });

/** The option `buckets`, with its defaults. */
export const buckets = z.pipe(
  z.optional(z.union([bounds, each], "must be a list of growing numbers, or an object of such lists: duration, size")),
  z.transform((option): Buckets => {
    const given = Array.isArray(option) ? { duration: option } : option;
    return { duration: given?.duration ?? DEFAULT_BUCKETS.duration, size: given?.size ?? DEFAULT_BUCKETS.size };
  }),
);
