/**
 * The language of the page: its words, and how it writes sentences, numbers, lists and times.
 *
 * To add a translation, import its file here and put its words into LANGUAGES. The first language is
 * used for readers who prefer none of them.
 */
import { words as english } from "./words.js";

const LANGUAGES = [english];
const preferred = globalThis.navigator?.languages ?? [];
const baseOf = (tag) => tag.split("-")[0].toLowerCase();

/** The words in the language that comes first among the reader's `tags`, for example "pt-BR". */
export function chooseLanguage(languages, tags) {
  const known = tags.map((tag) => languages.find(({ lang }) => baseOf(lang) === baseOf(tag)));
  return known.find(Boolean) ?? languages[0];
}

export const words = chooseLanguage(LANGUAGES, preferred);

/** The reader's own kind of this language, since British and American dates differ. */
const locale = preferred.find((tag) => baseOf(tag) === baseOf(words.lang)) ?? words.lang;
const plurals = new Intl.PluralRules(words.lang);
const numbers = new Intl.NumberFormat(locale);
const lists = new Intl.ListFormat(locale);
const fullFormat = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium" });
const dayFormat = new Intl.DateTimeFormat(locale, { dateStyle: "full" });
/** Hours and minutes have no words: they are written as the reader's browser does. */
const clockFormat = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

export const number = (value) => numbers.format(value);

/** `timestamp` is in Unix seconds here and below. */
export const clock = (timestamp, format = clockFormat) => format.format(timestamp * 1000);
export const fullDate = (timestamp) => fullFormat.format(timestamp * 1000);
export const dayName = (timestamp) => dayFormat.format(timestamp * 1000);

/** A text of words.js with its values, as a string. */
export const say = (text, values) =>
  pieces(text, values).map(({ words, name, number }) => words ?? name ?? number).join("");

/**
 * The same in pieces, each with one of the keys `words`, `number` and `name`, so that names can be set
 * apart from the sentence around them. An array of names becomes a list.
 */
export function pieces(text, values = {}) {
  const form = typeof text === "string" ? text : (text[plurals.select(values.count)] ?? text.other);
  return form
    .split(/(\{\w+\})/)
    .filter(Boolean)
    .flatMap((part) => (part[0] === "{" ? valuePieces(values[part.slice(1, -1)]) : { words: part }));
}

function valuePieces(value) {
  if (typeof value === "number") return { number: number(value) };
  if (!Array.isArray(value)) return { name: value };
  return lists.formatToParts(value).map(({ type, value }) => (type === "element" ? { name: value } : { words: value }));
}
