import {
  PutBucketLifecycleConfigurationCommand,
  S3Client,
  type BucketLifecycleConfiguration,
} from "@aws-sdk/client-s3";
import type { BucketMetadata } from "@google-cloud/storage";
import fc from "fast-check";
import { checkLifecycle, lifecycleRules, type LifecyclePolicy } from "../../../src/index.js";
import { expiryLabel, labelExpiry } from "../../../src/object/expiry-label.js";
import { thrownBy } from "../../support/failure.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PROVIDERS = ["s3", "gcs", "azure", "generic"] as const;
const WEEK: LifecyclePolicy = { prefix: "outputs", ttl: 7 * DAY };

describe("lifecycleRules", () => {
  it("prints what S3 takes", async () => {
    const configuration: BucketLifecycleConfiguration = lifecycleRules("s3", WEEK);
    expect(configuration).toEqual({
      Rules: [
        {
          ID: "coatcheck-expiry",
          Status: "Enabled",
          Filter: { Prefix: "outputs/" },
          Expiration: { Days: 9 }, // a week, a day for its label, an hour for clocks
          NoncurrentVersionExpiration: { NoncurrentDays: 1 },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
      ],
    });
    expect(await sentByS3(configuration)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule>' +
        "<Status>Enabled</Status><Expiration><Days>9</Days></Expiration><ID>coatcheck-expiry</ID>" +
        "<Filter><Prefix>outputs/</Prefix></Filter>" +
        "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>" +
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>" +
        "</Rule></LifecycleConfiguration>",
    );
  });

  it("prints the least for what speaks S3 too", async () => {
    const configuration: BucketLifecycleConfiguration = lifecycleRules("generic", { ttl: DAY });
    expect(configuration).toEqual({
      Rules: [{ ID: "coatcheck-expiry", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 2 } }],
    });
    expect(await sentByS3(configuration)).toContain("<Filter><Prefix></Prefix></Filter>");
  });

  it("prints what Google Cloud Storage takes", () => {
    const configuration: BucketMetadata = lifecycleRules("gcs", WEEK);
    const matchesPrefix = ["outputs/"];
    expect(configuration).toEqual({
      lifecycle: {
        rule: [
          { action: { type: "Delete" }, condition: { age: 9, matchesPrefix } },
          { action: { type: "Delete" }, condition: { daysSinceNoncurrentTime: 1, matchesPrefix } },
          { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 1, matchesPrefix } },
        ],
      },
    });
    expect(JSON.stringify(lifecycleRules("gcs", { ttl: DAY }))).not.toContain("matchesPrefix");
  });

  it("prints what Azure takes", () => {
    const leftover = { delete: { daysAfterCreationGreaterThan: 1 } };
    const baseBlob = { delete: { daysAfterModificationGreaterThan: 9 } };
    const filters = { blobTypes: ["blockBlob"], prefixMatch: ["payloads/outputs/"] };
    expect(lifecycleRules("azure", { prefix: "payloads/outputs", ttl: 7 * DAY })).toEqual({
      rules: [
        {
          name: "coatcheckExpiry",
          enabled: true,
          type: "Lifecycle",
          definition: { filters, actions: { baseBlob, snapshot: leftover, version: leftover } },
        },
      ],
    });
    expect(JSON.stringify(lifecycleRules("azure", { ttl: DAY }))).not.toContain("prefixMatch");
  });

  it("ends nothing before the margin behind its label, and checks so itself", () => {
    const ttl = fc.integer({ min: 1, max: 400 * DAY });
    const now = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2030, 0) });
    fc.assert(
      fc.property(ttl, now, fc.constantFrom(...PROVIDERS), (life, written, provider) => {
        const { Days } = lifecycleRules("generic", { ttl: life }).Rules[0]!.Expiration;
        const over = labelExpiry(expiryLabel(written, life))!;
        expect(written + Days * DAY).toBeGreaterThanOrEqual(over + HOUR);
        expect(Days * DAY).toBeLessThan(life + 3 * DAY);
        expect(checkLifecycle(lifecycleRules(provider, { ttl: life }), { ttl: life })).toEqual([]);
        expect(checkLifecycle(lifecycleRules(provider, { ttl: life }), { ttl: life + 3 * DAY })).toHaveLength(1);
      }),
    );
  });

  it.each<[string, unknown, unknown]>([
    ["provider", "aws", WEEK],
    ["provider", "toString", WEEK],
    ["provider", undefined, WEEK],
    ["ttl", "s3", { prefix: "a" }],
    ["ttl", "s3", { ttl: "never" }],
    ["ttl", "s3", { ttl: 0 }],
    ["prefix", "s3", { ttl: 1, prefix: "/a" }],
    ["days", "s3", { ttl: 1, days: 1 }],
    ["options", "s3", undefined],
  ])("refuses a wrong %s: %j, %j", (name, provider, policy) => {
    const error = thrownBy(() => lifecycleRules(provider as "s3", policy as LifecyclePolicy));
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    expect(error.message).toContain(name);
  });
});

const s3 = (rule: object) => ({ Rules: [{ ID: "r", Status: "Enabled", Filter: { Prefix: "" }, ...rule }] });
const gcs = (condition: object, type = "Delete") => ({ rule: [{ action: { type }, condition }] });
const azure = (actions: object, filters: object = {}, rule: object = {}) => ({
  rules: [{ name: "r", type: "Lifecycle", definition: { actions: { baseBlob: actions }, filters }, ...rule }],
});
const early = { Expiration: { Days: 7 } };
const after = (days: number) => ({ daysAfterModificationGreaterThan: days });

describe("checkLifecycle", () => {
  it.each<[string, unknown, string]>([
    ["deletes too early", s3(early), "Expiration.Days deletes after 7 days; payloads live up to 8 days"],
    ["deletes from a date on", s3({ Expiration: { Date: new Date(0) } }), "Expiration.Date deletes whatever the age"],
    ["has its prefix where it once stood", s3({ Filter: undefined, Prefix: "outputs/a", ...early }), "after 7 days"],
    ["is about some sizes", s3({ Filter: { And: { Prefix: "out", ObjectSizeGreaterThan: 5 } }, ...early }), "7 days"],
    [
      "archives",
      s3({ Transitions: [{ Days: 1, StorageClass: "GLACIER" }] }),
      "Transition to GLACIER.Days archives after 1",
    ],
    [
      "archives deep",
      s3({ Transitions: [{ Date: "2026", StorageClass: "DEEP_ARCHIVE" }] }),
      "DEEP_ARCHIVE.Date archives",
    ],
    ["is a list", s3(early).Rules, "after 7 days"],
    ["deletes by age", gcs({ age: 7 }), "condition age deletes after 7 days"],
    ["deletes what is current", { lifecycle: gcs({ age: 0, isLive: true }) }, "deletes after 0 days"],
    ["deletes by date", gcs({ createdBefore: "2026-01-01" }), "condition createdBefore deletes whatever"],
    [
      "deletes by prefix and suffix",
      gcs({ age: 1, matchesPrefix: ["x", "outputs/"], matchesSuffix: [".pack"] }),
      "1 days",
    ],
    ["deletes blobs", azure({ delete: after(7) }), "delete.daysAfterModificationGreaterThan deletes after 7 days"],
    [
      "archives blobs",
      { policy: azure({ tierToArchive: after(1) }) },
      "tierToArchive.daysAfterModificationGreaterThan archives",
    ],
    [
      "is a resource",
      { properties: { policy: azure({ delete: { daysAfterLastAccessTimeGreaterThan: 2 } }) } },
      "2 days",
    ],
  ])("finds a rule that %s", (_, rules, why) => {
    const problems = checkLifecycle(rules, WEEK);
    expect(problems).toHaveLength(1);
    expect(problems[0]!.why).toContain(why);
    expect(["r", "rule 1"]).toContain(problems[0]!.rule);
  });

  it.each<[string, unknown]>([
    ["late", s3({ Expiration: { Days: 8 } })],
    ["disabled", s3({ Status: "Disabled", ...early })],
    ["of another prefix", s3({ Filter: { Prefix: "outputs-old/" }, ...early })],
    ["of a tag", s3({ Filter: { Tag: { Key: "a", Value: "b" } }, ...early })],
    ["of tags", s3({ Filter: { And: { Prefix: "", Tags: [{ Key: "a", Value: "b" }] } }, ...early })],
    ["of old versions", s3({ NoncurrentVersionExpiration: { NoncurrentDays: 1 } })],
    ["of delete markers", s3({ Expiration: { ExpiredObjectDeleteMarker: true } })],
    ["of uploads", s3({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } })],
    ["of classes that are read at once", s3({ Transitions: [{ Days: 0, StorageClass: "GLACIER_IR" }] })],
    ["of classes", gcs({ age: 1 }, "SetStorageClass")],
    ["of noncurrent ones", gcs({ age: 1, isLive: false })],
    ["of newer versions", gcs({ numNewerVersions: 1 })],
    ["of times of their own", gcs({ daysSinceCustomTime: 1 })],
    ["of another suffix", gcs({ age: 1, matchesSuffix: [".log"] })],
    ["disabled in Azure", azure({ delete: after(1) }, {}, { enabled: false })],
    ["of index tags", azure({ delete: after(1) }, { blobIndexMatch: [{ name: "a", op: "==", value: "b" }] })],
    ["of append blobs", azure({ delete: after(1) }, { blobTypes: ["appendBlob"] })],
    ["of another container", azure({ delete: after(1) }, { prefixMatch: ["other/"] })],
    ["of a cooler tier", azure({ tierToCool: after(1) })],
    ["of two conditions, one of them late", azure({ delete: { ...after(9), daysAfterLastTierChangeGreaterThan: 1 } })],
    ["none", { Rules: [] }],
    ["none in a list", []],
  ])("has nothing against rules that are %s", (_, rules) => {
    expect(checkLifecycle(rules, WEEK)).toEqual([]);
  });

  it("finds a setting that it can't read", () => {
    expect(checkLifecycle(s3({ Expiration: { Days: "soon" } }), WEEK)).toHaveLength(1);
  });

  it.each([undefined, null, "rules", {}, { Rules: {} }, [null], [{}], [{ Status: "Enabled" }, { action: {} }]])(
    "refuses rules of no known form: %j",
    (rules) => {
      expect(thrownBy(() => checkLifecycle(rules, WEEK)).code).toBe("CONFIG_INVALID");
    },
  );
});

/** The body that the client of S3 sends. */
async function sentByS3(LifecycleConfiguration: BucketLifecycleConfiguration): Promise<unknown> {
  const bodies: unknown[] = [];
  const credentials = { accessKeyId: "test", secretAccessKey: "testsecret" };
  const client = new S3Client({
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
    requestHandler: {
      handle: (request: { body?: unknown }) => {
        bodies.push(request.body);
        return Promise.reject(new Error("It was sent."));
      },
    },
  });
  const command = new PutBucketLifecycleConfigurationCommand({ Bucket: "payloads", LifecycleConfiguration });
  await client.send(command).catch(() => undefined);
  return bodies[0];
}
