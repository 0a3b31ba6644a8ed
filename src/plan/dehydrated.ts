import type { Bytes } from "../bytes/bytes.js";
import type { BubustackReference, StorageReference } from "../reference/reference.js";
import type { Binary } from "./source.js";
import type { Stored } from "./stored.js";

// The types of a dehydrated value and of a hydrated value. They exist only for the compiler, not in a running
// program.

type IsAny<T> = 0 extends 1 & T ? true : false;

type Method = (...args: never[]) => unknown;

/** Values that JSON leaves out of an object. */
type LeftOut = undefined | symbol | Method;

/** Values that leave as binary, whatever their size. */
type Source = Bytes | Blob | Binary | Stored | AsyncIterable<unknown> | ReadableStream;

/**
 * The type of a value after dehydration and hydration. It is what JSON makes of the value, so dates are strings.
 * Bytes, Blobs and streams are `Uint8Array`.
 */
export type Hydrated<T> = IsAny<T> extends true ? unknown : unknown extends T ? unknown : Json<T>;

type Json<T> = T extends Bytes | Stored
  ? Uint8Array
  : T extends { toJSON: (...args: never[]) => infer Value }
    ? Hydrated<Value>
    : T extends Source
      ? Uint8Array
      : T extends LeftOut
        ? undefined
        : T extends bigint
          ? never
          : T extends readonly unknown[]
            ? { -readonly [Index in keyof T]: Item<Hydrated<T[Index]>> }
            : T extends object
              ? { -readonly [Key in keyof T as KeptKey<T, Key>]: Given<T, Key, Hydrated<T[Key]>> }
              : T;

// Values that JSON leaves out of an object are null in an array.
type Item<Value> = unknown extends Value ? unknown : undefined extends Value ? Exclude<Value, undefined> | null : Value;

// An optional field is there or not, and never undefined.
type Given<T, Key extends keyof T, Value> = object extends Pick<T, Key> ? Exclude<Value, undefined> : Value;

type KeptKey<T, Key extends keyof T> = Key extends symbol
  ? never
  : IsAny<T[Key]> extends true
    ? Key
    : [T[Key]] extends [LeftOut]
      ? never
      : Key;

/** A reference, and the type that it hydrates to. */
export type ReferenceTo<T> = (StorageReference | BubustackReference) & {
  /** Never present. It tells the compiler what `hydrate` returns. */
  readonly "~hydrated"?: readonly [T];
};

/**
 * A payload whose large values were replaced by references. It is what JSON makes of `T`, in which texts, objects and
 * arrays may be references. Bytes, Blobs and streams always are references. `Dehydrated` alone is `unknown`: any JSON
 * value. The result is `undefined` for values that JSON has no form for.
 *
 * @example
 * const message: Dehydrated<Order> = JSON.parse(text);
 * const order = await manager.hydrate(message); // Hydrated<Order>
 */
export type Dehydrated<T = unknown> =
  unknown extends Hydrated<T> ? unknown : Inline<Hydrated<T>> | ReferenceTo<Hydrated<T>>;

type Inline<Value> = Value extends Uint8Array
  ? never
  : Value extends object
    ? { [Key in keyof Value]: Given<Value, Key, Slot<Value[Key]>> }
    : Value;

type Slot<Value> = unknown extends Value ? unknown : Inline<Value> | Reference<Exclude<Value, undefined>>;

// Numbers, booleans and null are smaller than any reference.
type Reference<Value> = [Exclude<Value, number | boolean | null>] extends [never] ? never : ReferenceTo<Value>;

/** The type that a dehydrated value says it hydrates to. `never` for a value that does not say it. */
export type HydratedOf<Value> =
  IsAny<Value> extends true
    ? unknown
    : Value extends unknown
      ? "~hydrated" extends keyof Value
        ? NonNullable<Value["~hydrated"]> extends readonly [infer T]
          ? T
          : never
        : never
      : never;

/** `never` for a value that does not say what it hydrates to. */
export type SaysItsType<Value> =
  IsAny<Value> extends true ? never : [HydratedOf<Value>] extends [never] ? never : unknown;
