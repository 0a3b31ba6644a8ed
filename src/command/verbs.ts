import type { FlagsOf as FlagsOfVerb } from "./flags.js";
import type { Verb, VerbOption } from "./verb.js";

const PAYLOAD = { name: "[payload]", description: "a file of JSON, or - or none for stdin" };
const PREFIX = { flags: "--prefix <path>", description: "look only below this path" } as const satisfies VerbOption;
const START_AFTER = {
  flags: "--start-after <path>",
  description: "go on after this path",
} as const satisfies VerbOption;
const PROVIDERS = ["s3", "gcs", "azure", "redis", "file"] as const;
const FROM = { name: "<from>", description: "URL of a store; without a second one, --store is where it goes from" };
const TO = { name: "[to]", description: "URL of a store" };

/** All verbs. The program, help, `completion` and the documentation are made from this list, or checked against it. */
export const VERBS = [
  {
    name: "explain",
    summary: "what makes a payload heavy, and what dehydration would do",
    parameters: [PAYLOAD],
    options: [
      {
        flags: "--limit <limit>",
        description: "exit 3 if it does not fit: sqs, sns, kafka, temporal, stepfunctions, lambda, or bytes",
      },
      { flags: "--max-inline <bytes>", description: "as maxInlineSize", value: "bytes" },
      { flags: "--max-envelope <bytes>", description: "as maxEnvelopeSize", value: "bytes" },
      { flags: "--depth <n>", description: "as maxRecursionDepth", value: "count" },
      { flags: "--top <n>", description: "how many of the heaviest parts to show, default 10", value: "count" },
      { flags: "--svg [file]", description: "draw it, without values; without a file on stdout" },
      { flags: "--html [file]", description: "draw it as one page; without a file on stdout" },
    ],
  },
  {
    name: "dehydrate",
    summary: "store what is too big to travel, and print what travels",
    parameters: [PAYLOAD],
    options: [
      { flags: "--scope <path>", description: "who owns the objects, default a fresh id" },
      { flags: "--ttl <time>", description: "how long they live: 36h, 30d, never", value: "ttl" },
      { flags: "--max-inline <bytes>", description: "as maxInlineSize", value: "bytes" },
      { flags: "--max-envelope <bytes>", description: "as maxEnvelopeSize", value: "bytes" },
      { flags: "--depth <n>", description: "as maxRecursionDepth", value: "count" },
      { flags: "--dry-run", description: "print what would travel, and store nothing" },
      { flags: "--yes", description: "taken as elsewhere; nothing is asked, since nothing is lost" },
    ],
  },
  {
    name: "hydrate",
    summary: "put everything back, and print the payload",
    parameters: [PAYLOAD],
  },
  {
    name: "inspect",
    summary: "the references in a payload, or what an object holds",
    parameters: [{ name: "[payload]", description: "JSON, a file, - or none for stdin; or the path of an object" }],
    streams: true,
  },
  {
    name: "cat",
    summary: "the decoded bytes of a reference, or an object as it is stored",
    parameters: [{ name: "[reference]", description: "JSON, a file, - or none for stdin; or the path of an object" }],
    options: [
      { flags: "--offset <n>", description: "the first byte, default 0", value: "count" },
      { flags: "--length <n>", description: "how many bytes, default all", value: "count" },
    ],
  },
  {
    name: "verify",
    summary: "read again what was stored, and say all that is wrong",
    parameters: [PAYLOAD],
    options: [
      { flags: "--prefix <path>", description: "verify the objects below this path, in place of a payload" },
      { flags: "--all", description: "verify all objects" },
      { flags: "--live <file>", description: "payloads in use, a line each: other objects are orphaned" },
      START_AFTER,
    ],
    streams: true,
  },
  {
    name: "ls",
    summary: "list objects: size, time, expiry, path",
    parameters: [{ name: "[prefix]", description: "what paths begin with, default all" }],
    options: [{ flags: "--limit <n>", description: "at most so many", value: "count" }, START_AFTER],
    streams: true,
  },
  {
    name: "du",
    summary: "add up what lies there",
    parameters: [{ name: "[prefix]", description: "what paths begin with, default the prefixes of the manager" }],
    options: [
      { flags: "--by <what>", description: "scope, age or kind; default scope", choices: ["scope", "age", "kind"] },
    ],
    streams: true,
  },
  {
    name: "gc",
    summary: "delete what is over",
    options: [
      PREFIX,
      { flags: "--explain", description: "say of each object why it goes or stays" },
      { flags: "--live <file>", description: "payloads in use, a line each: what they do not lead to goes too" },
      { flags: "--allow-empty", description: "take a --live without payloads, or that condemns more than half" },
      { flags: "--min-age <time>", description: "keep what nobody needs and is younger", value: "time" },
      { flags: "--max-scan <n>", description: "look at so many objects, default all", value: "count" },
      { flags: "--max-delete <n>", description: "delete so many objects, default all", value: "count" },
    ],
    changes: true,
    streams: true,
  },
  {
    name: "release",
    summary: "delete the objects of a scope",
    parameters: [{ name: "<scope>", description: "as dehydrate was given it" }],
    options: [
      { flags: "--prefix <path>", description: "as dehydrate was given it" },
      {
        flags: "--tombstone <time>",
        description: "tell late readers for so long that it was released",
        value: "time",
      },
    ],
    changes: true,
  },
  {
    name: "done",
    summary: "say that a reader is done with a scope",
    parameters: [
      { name: "<scope>", description: "as dehydrate was given it" },
      { name: "<reader>", description: "who is done" },
    ],
    options: [
      { flags: "--readers <names>", description: "all readers, with commas between" },
      { flags: "--prefix <path>", description: "as dehydrate was given it" },
    ],
    changes: true,
  },
  {
    name: "cp",
    summary: "copy objects to another store, or an object to another path",
    parameters: [
      { name: "<from>", description: "URL of a store; or the path of an object, or of all below it with / at its end" },
      { name: "[to]", description: "URL of a store; or a path" },
    ],
    options: [PREFIX, START_AFTER],
    changes: true,
  },
  {
    name: "diff",
    summary: "what two stores do not have alike; exit 3 if there is any",
    parameters: [FROM, TO],
    options: [
      PREFIX,
      START_AFTER,
      { flags: "--content", description: "read what has the same size, and compare its bytes" },
    ],
    streams: true,
  },
  {
    name: "migrate",
    summary: "copy what a store lacks while both are in use",
    parameters: [FROM, TO],
    options: [
      PREFIX,
      START_AFTER,
      { flags: "--concurrency <n>", description: "objects at a time, default 8", value: "count" },
    ],
    changes: true,
  },
  {
    name: "reencrypt",
    summary: "encrypt by the active key what another one encrypted",
    parameters: [{ name: "[prefix]", description: "what paths begin with, default all" }],
    options: [START_AFTER],
    changes: true,
  },
  {
    name: "lifecycle",
    summary: "print lifecycle rules for a bucket, or check those it has",
    options: [
      {
        flags: "--provider <name>",
        description: "s3, gcs, azure or generic; default that of the store",
        choices: ["s3", "gcs", "azure", "generic"],
      },
      {
        flags: "--ttl <time>",
        description: "the longest that payloads live, default that of the manager",
        value: "time",
      },
      { flags: "--prefix <path>", description: "default the outputPrefix of the manager" },
      {
        flags: "--check [file]",
        description: "rules as the service prints them: exit 3 if they end payloads too early",
      },
    ],
  },
  {
    name: "iam",
    summary: "print the least rights for what the configuration does",
    options: [
      { flags: "--provider <name>", description: "default that of the store", choices: PROVIDERS },
      { flags: "--read-only", description: "for readers alone" },
    ],
  },
  {
    name: "doctor",
    summary: "try what a store really does, and say what is wrong",
    options: [{ flags: "--quick", description: "only rights and what a manager needs" }],
  },
  {
    name: "env",
    summary: "the variables that are known, and those that are set",
    options: [{ flags: "--check", description: "exit 2 if one is wrong" }],
  },
  {
    name: "serve",
    summary: "a page to look at all of it, for this machine",
    options: [
      { flags: "--port <n>", description: "where it listens, default 7788; 0 for any that is free", value: "count" },
      { flags: "--host <address>", description: "default 127.0.0.1; another one needs TLS" },
      { flags: "--name <host>", description: "what browsers call it, default the --host" },
      { flags: "--tls-cert <file>", description: "certificate of a server, as PEM" },
      { flags: "--tls-key <file>", description: "its key, as PEM" },
      { flags: "--allow-delete", description: "let pages release scopes and delete objects; default: they only read" },
      { flags: "--temporal [origins]", description: "speak Temporal's codec protocol, to pages of these origins" },
    ],
  },
  {
    name: "completion",
    summary: "print a script that completes verbs and flags",
    parameters: [{ name: "<shell>", description: "bash, zsh or fish" }],
  },
] as const satisfies readonly Verb[];

/** Name of a verb. */
export type VerbName = (typeof VERBS)[number]["name"];

/** The flags of a verb, by its name. */
export type FlagsOf<Name extends VerbName> = FlagsOfVerb<Extract<(typeof VERBS)[number], { name: Name }>>;
