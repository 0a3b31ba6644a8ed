import { Random } from "./random.js";

/** Texts that are not ASCII. Characters take three bytes of UTF-8 in Chinese, four in emoji; the mixed ones take one to four. */
export const WRITINGS = {
  chinese: { description: "Chinese", words: ["订单", "已经", "发货", "客户", "北京市", "的", "电话", "地址", "，"] },
  emoji: { description: "emoji", words: ["📦", "🚚", "✅", "🎉", "👍🏽", "👩‍💻", "🇩🇪"] },
  mixed: {
    description: "English, German, Russian, Chinese and emoji",
    words: ["parcel ", "fünf ", "Москва ", "订单", "📦", "sent ", "€ 12,50 ", "Zoë "],
  },
} as const;

// cspell:ignore fünf Москва
const WORDS = 30;

/** Records of texts, of about that many bytes of JSON; the same in each run. */
export function written(size: number, writing: keyof typeof WRITINGS): unknown {
  const random = new Random(6);
  const { words } = WRITINGS[writing];
  const messages: { id: number; text: string }[] = [];
  for (let bytes = 16; bytes < size;) {
    const text = Array.from({ length: WORDS }, () => words[random.below(words.length)]!).join("");
    const message = { id: messages.length, text };
    messages.push(message);
    bytes += Buffer.byteLength(JSON.stringify(message)) + 1;
  }
  return { messages };
}
