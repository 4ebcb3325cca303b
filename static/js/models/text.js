/** Rules about texts, whatever the language: days, lengths, the spelling of room names, mentions, initials. */

/** Older browsers have no Segmenter: there an initial may be a part of a character. */
const graphemes = Intl.Segmenter && new Intl.Segmenter(undefined, { granularity: "grapheme" });

const two = (number) => String(number).padStart(2, "0");

/** `timestamp` is in Unix seconds here and below. */
export const isoDate = (timestamp) => new Date(timestamp * 1000).toISOString();

let lastDay = { from: 0, to: 0, key: "" };

/** A key that is the same for two times of one day. The last day is cached: most rows are of one day. */
export function dayKey(timestamp) {
  if (timestamp >= lastDay.from && timestamp < lastDay.to) return lastDay.key;
  const date = new Date(timestamp * 1000);
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  const [from, to] = [new Date(year, month, day) / 1000, new Date(year, month, day + 1) / 1000];
  lastDay = { from, to, key: `${year}-${two(month + 1)}-${two(day)}` };
  return lastDay.key;
}

/** The length in code points, as the gateway counts. */
export function charsIn(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The canonical spelling of a public room's name, as in common/names.py; the broker decides. Typed words
 * are joined: `a b` becomes `a-b`. */
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

/** Case folding, for which JavaScript has no function. ẞ needs two rounds. */
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

/** The initial that stands for a person: the first grapheme, in upper case if that is one grapheme, too. */
export function initialOf(name) {
  const chars = graphemes ? [...graphemes.segment(name.trim())].map(({ segment }) => segment) : [...name.trim()];
  const first = chars[0] ?? "?";
  const upper = first.toUpperCase();
  return [...upper].length > [...first].length ? first : upper;
}

/** The number of a person's colour, 0 to 7, always the same for a uid. */
export function hueOf(uid) {
  let hash = 0;
  for (const char of uid) hash = (hash * 31 + char.codePointAt(0)) >>> 0;
  return hash % 8;
}
