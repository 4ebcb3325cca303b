/** Text for people: times, counts, room names as everybody must spell them. */

const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

const two = (number) => String(number).padStart(2, "0");

/** `timestamp` is Unix seconds, everywhere here. */
export function clock(timestamp) {
  const date = new Date(timestamp * 1000);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

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

/** A public room's name in its one spelling, as in common/names.py; the broker has the last word. */
export function roomKey(name) {
  const letters = [...name.trim().replace(/^#/, "").replace(IGNORABLE, "")].map(plainOf).join("");
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

/** The text in pieces {text, link}: only http and https become links. */
export function piecesOf(text) {
  const pieces = text.split(/(https?:\/\/[^\s<>"]*[^\s<>"'.,;:!?)\]])/);
  return pieces.map((piece, at) => ({ text: piece, link: at % 2 === 1 })).filter((piece) => piece.text);
}

/** Who is typing, as a sentence; empty for nobody. */
export function typingLine(names) {
  if (!names.length) return "";
  if (names.length === 1) return `${names[0]} is typing…`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing…`;
  return `${names[0]}, ${names[1]} and others are typing…`;
}

/** One of eight colours for a person, always the same one. */
export function hueOf(uid) {
  let hash = 0;
  for (const char of uid) hash = (hash * 31 + char.codePointAt(0)) >>> 0;
  return hash % 8;
}
