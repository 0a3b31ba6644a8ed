import * as z from "zod/mini";

/** Longest time that a timer takes, in milliseconds (24.8 days). Node fires a longer timer at once. */
const MAX_MILLISECONDS = 2 ** 31 - 1;

export const milliseconds = z.number().check(z.gte(0), z.lte(MAX_MILLISECONDS));

export const wholeNumber = z.number().check(z.int(), z.gte(1));
