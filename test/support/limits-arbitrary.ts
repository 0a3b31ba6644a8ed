import fc from "fast-check";

/** Arbitraries of options that decide what leaves a small payload, and how it is laid out. */
export const LIMITS = {
  maxInlineSize: fc.oneof(fc.nat({ max: 8 }), fc.nat({ max: 150 })),
  maxEnvelopeSize: fc.integer({ min: 1024, max: 3000 }),
  maxRecursionDepth: fc.oneof(fc.nat({ max: 4 }), fc.constant(10)),
  canonical: fc.boolean(),
  pack: fc.oneof(
    fc.constant<false>(false),
    fc
      .tuple(fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 500 })), fc.integer({ min: 1, max: 1000 }))
      .map(([one, other]) => ({ maxEntrySize: Math.min(one, other), maxPackSize: other })),
    fc.constant({ maxEntrySize: 262_144, maxPackSize: 8_388_608 }),
  ),
};
