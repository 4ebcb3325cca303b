/** Links in what people write: only http and https, without the punctuation of the sentence around them. */

/** What may be a link, up to what never belongs to one: spaces, quotes, direction marks, and the
 * punctuation of scripts that write no space after it. */
const LINK = new RegExp(
  "(?:(?<![a-z0-9])https?://|(?<![a-z0-9@./-])www\\.(?=[^\\s.]))" +
    "[^\\s<>\"\\u0000-\\u001f\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069" +
    "\\u3001-\\u3003\\u3008-\\u301f\\uff01-\\uff0c\\uff0e\\uff1a-\\uff1f\\uff3b\\uff3d\\uff5b-\\uff64«»“”]+",
  "giu",
);
const CLOSERS = { ")": "(", "]": "[", "}": "{" };
/** Punctuation of any script, but for what an address may end with. */
const TRAILING = /^(?![/#%&@\\_-])\p{P}$/u;

/** The text in pieces {text, link}: only http and https become links. */
export function piecesOf(text) {
  const pieces = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(LINK)) {
    const link = linkIn(found);
    if (!link) continue;
    pieces.push({ text: text.slice(end, index), link: false }, { text: link, link: true });
    end = index + link.length;
  }
  pieces.push({ text: text.slice(end), link: false });
  return pieces.filter((piece) => piece.text);
}

/** Where a link leads to. */
export const addressOf = (link) => (/^www\./i.test(link) ? `https://${link}` : link);

/** What is found without the sentence's own punctuation; a bracket that the link opens may end it.
 * Empty if no address is left, or one that hides its host behind a user's name. */
function linkIn(found) {
  const chars = [...found];
  const balance = { "(": 0, "[": 0, "{": 0 };
  for (const char of chars) {
    if (char in balance) balance[char] += 1;
    if (CLOSERS[char]) balance[CLOSERS[char]] -= 1;
  }
  while (chars.length && TRAILING.test(chars.at(-1))) {
    const open = CLOSERS[chars.at(-1)];
    if (open && balance[open] >= 0) break;
    if (open) balance[open] += 1;
    if (chars.at(-1) in balance) balance[chars.at(-1)] -= 1;
    chars.pop();
  }
  const link = chars.join("");
  try {
    const { hostname, username, password } = new URL(addressOf(link));
    return hostname && !username && !password ? link : "";
  } catch {
    return "";
  }
}
