/** Text for people: times, counts, room names as everybody must spell them. */

const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

const clockFormat = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
/** Older browsers have none: there a face may be a part of one. */
const faces = Intl.Segmenter && new Intl.Segmenter(undefined, { granularity: "grapheme" });

const two = (number) => String(number).padStart(2, "0");

/** `timestamp` is Unix seconds, everywhere here. Times and days are as the reader's language writes them. */
export const clock = (timestamp, format = clockFormat) => format.format(timestamp * 1000);
export const fullDate = (timestamp) => fullFormat.format(timestamp * 1000);
export const isoDate = (timestamp) => new Date(timestamp * 1000).toISOString();
export const dayName = (timestamp) => dayFormat.format(timestamp * 1000);

let lastDay = { from: 0, to: 0, key: "" };

/** Two times of one day have the same key. The rows of a frame are of few days: each is reckoned once. */
export function dayKey(timestamp) {
  if (timestamp >= lastDay.from && timestamp < lastDay.to) return lastDay.key;
  const date = new Date(timestamp * 1000);
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  const [from, to] = [new Date(year, month, day) / 1000, new Date(year, month, day + 1) / 1000];
  lastDay = { from, to, key: `${year}-${two(month + 1)}-${two(day)}` };
  return lastDay.key;
}

/** Length in code points, as the gateway counts. */
export function charsIn(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** A public room's name in its one spelling, as in common/names.py; the broker has the last word. Words
 * that somebody types become one: `a b` is `a-b`. */
export function roomKey(name) {
  const typed = name.trim().replace(/^#+\s*/, "").replace(IGNORABLE, "").replace(/\s+/g, "-");
  const letters = [...typed].map(plainOf).join("");
  return [...letters.normalize("NFD")].map(folded).join("").normalize("NFC");
}

const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;
const KEPT = /[\u0e33\u0eb3\u3131-\u318e]/;
const LETTERS = /^[\p{L}\p{N}\p{M}\u30fb]+$/u;

function plainOf(char) {
  const plain = char.normalize("NFKC");
  return LETTERS.test(plain) && !KEPT.test(char) ? plain : char;
}

/** Case folded: JavaScript has no function for that, and ẞ needs two rounds. */
function folded(char) {
  if (char === "ı") return char;
  if (/\p{Script=Cherokee}/u.test(char)) return char.toUpperCase();
  return char.toUpperCase().toLowerCase().toUpperCase().toLowerCase();
}

export const isPrivate = (room) => room.startsWith("@");

/** Whether the event names this person {user, uid}. */
export function mentions({ Mentions, Text = "" }, { user, uid }) {
  if (Array.isArray(Mentions)) return Mentions.includes(uid) || Mentions.includes("*");
  return user !== "" && namesIn(Text, user);
}

/** Whether `@name` stands in the text, in any case, as a whole word. */
export function namesIn(text, name) {
  if (!text.includes("@")) return false;
  const [said, meant] = [text, `@${name}`].map((each) => each.normalize("NFC").toLowerCase());
  for (let at = said.indexOf(meant); at >= 0; at = said.indexOf(meant, at + 1)) {
    if (!/^[\p{L}\p{M}\p{N}_]/u.test(said.slice(at + meant.length))) return true;
  }
  return false;
}

/** What stands for a person: the first character as people see it, in upper case if that is one too. */
export function faceOf(name) {
  const chars = faces ? [...faces.segment(name.trim())].map(({ segment }) => segment) : [...name.trim()];
  const first = chars[0] ?? "?";
  const upper = first.toUpperCase();
  return [...upper].length > [...first].length ? first : upper;
}

/** Who is typing, as a sentence in pieces {name} and {words}; none for nobody. */
export function typingPieces(names) {
  const [first, second] = names.map((name) => ({ name }));
  const words = (text) => ({ words: text });
  if (!names.length) return [];
  if (names.length === 1) return [first, words(" is typing…")];
  if (names.length === 2) return [first, words(" and "), second, words(" are typing…")];
  return [first, words(", "), second, words(" and others are typing…")];
}

/** One of eight colours for a person, always the same one. */
export function hueOf(uid) {
  let hash = 0;
  for (const char of uid) hash = (hash * 31 + char.codePointAt(0)) >>> 0;
  return hash % 8;
}
