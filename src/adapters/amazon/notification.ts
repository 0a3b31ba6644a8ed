import { isObject } from "../../json/is-object.js";
import { jsonIn } from "../messages/body-form.js";

/** An SNS notification. */
export interface Notification {
  readonly Message: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly Type: string; readonly Value: string }>>;
}

// The beginning of a notification without raw delivery.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
const NOTIFICATION = /^\s{0,9}\{\s{0,9}"Type"\s{0,9}:\s{0,9}"Notification"/;

/** Reads a notification of SNS from the body of a message. Any other text gives `undefined`. */
export function notificationIn(text: string): Notification | undefined {
  if (!NOTIFICATION.test(text)) return undefined;
  const value = jsonIn(text);
  return isObject(value) && typeof value["Message"] === "string" ? (value as unknown as Notification) : undefined;
}
