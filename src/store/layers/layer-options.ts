import { clock, isFunction } from "../../options/fields.js";
import * as z from "zod";
import type { StorageObserver } from "../../observe/event.js";

/** Longest time that a timer takes, in milliseconds (24.8 days): Node lets a longer one ring at once. */
const MAX_MILLISECONDS = 2 ** 31 - 1;

export const milliseconds = z.number().min(0).max(MAX_MILLISECONDS);

export const wholeNumber = z.number().int().min(1);

export const clockOption = clock.optional();

export const observerOption = z.custom<StorageObserver>(isFunction, "must be a function").optional();
