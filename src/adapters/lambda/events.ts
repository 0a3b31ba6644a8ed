import { forEachConcurrent } from "../../async/concurrency.js";
import { isObject, isPlainObject } from "../../json/is-object.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import type { Notification } from "../amazon/notification.js";
import { openJsonValue } from "../messages/json-value.js";
import { MessageOffloader } from "../messages/message-offloader.js";
import { rules } from "../messages/rules.js";
import { published, received, type LambdaRecord, type Received } from "../sqs/received-message.js";

const AT_A_TIME = 10;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Returns a function that opens the messages in events of SQS, SNS and EventBridge. It returns `undefined` for any
 * other event.
 */
export function eventOpener(manager: StorageManager): (event: unknown) => Promise<unknown> | undefined {
  // This offloader packs nothing, so its channel and ttl do not matter.
  const offloader = new MessageOffloader({ manager, channel: "lambda", rules: rules.sqs, ttl: "never" });

  const opened = async <M>(message: M, { wire, restored }: Received<M>): Promise<M> => {
    const whole = await offloader.unpack(wire);
    return whole.offloaded ? restored(whole) : message;
  };
  const openRecord = async (record: Fields): Promise<Fields> => {
    if (record["eventSource"] === "aws:sqs") {
      const message = record as unknown as LambdaRecord;
      return opened(message, received(message)) as Promise<unknown> as Promise<Fields>;
    }
    const notice = record["Sns"] as Notification;
    return { ...record, Sns: await opened(notice, published(notice)) };
  };
  const openRecords = async (event: Fields, records: readonly Fields[]): Promise<unknown> => {
    const whole = [...records];
    const signal = new AbortController().signal;
    await forEachConcurrent([...records.entries()], AT_A_TIME, signal, async ([index, record]) => {
      whole[index] = await openRecord(record);
    });
    return { ...event, Records: whole };
  };

  return (event) => {
    if (!isPlainObject(event)) return undefined;
    const { Records: records, detail } = event;
    if (Array.isArray(records) && records.length > 0 && records.every(isMessage)) return openRecords(event, records);
    if (typeof event["detail-type"] !== "string" || !isObject(detail)) return undefined;
    return openJsonValue(offloader, detail).then((whole) => ({ ...event, detail: whole }));
  };
}

function isMessage(record: unknown): record is Fields {
  if (!isObject(record)) return false;
  if (record["eventSource"] === "aws:sqs") return typeof record["body"] === "string";
  return record["EventSource"] === "aws:sns" && isObject(record["Sns"]);
}
