/** Links in messages: addresses with http, https or www, without the punctuation of the sentence around them. */

/** An address ends before spaces, quotes, direction marks and the punctuation of scripts that write no
 * space after it. */
const LINK = new RegExp(
  "(?:(?<![a-z0-9])https?://|(?<![a-z0-9@./-])www\\.(?=[^\\s.]))" +
    "[^\\s<>\"\\u0000-\\u001f\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069" +
    "\\u3001-\\u3003\\u3008-\\u301f\\uff01-\\uff0c\\uff0e\\uff1a-\\uff1f\\uff3b\\uff3d\\uff5b-\\uff64«»“”]+",
  "giu",
);
const CLOSERS = { ")": "(", "]": "[", "}": "{" };
/** Punctuation of any script, except the characters with which an address may end. */
const TRAILING = /^(?![/#%&@\\_-])\p{P}$/u;

/** The text in pieces {text, link}; `link` is true for addresses. */
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

/** The URL that a link leads to. */
export const addressOf = (link) => (/^www\./i.test(link) ? `https://${link}` : link);

/** The found address without punctuation at its end; a closing bracket stays if the address opens it.
 * "" if no URL is left, or one with a user name, which could hide the host. */
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
