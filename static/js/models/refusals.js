/**
 * Sentences about what was refused: by the gateway, whose error codes have sentences in words.js, or by
 * the page itself before it asks. The gateway's own messages are for programs; the page shows one only
 * for a code that it does not know.
 */
import { say, words } from "../language.js";

export const NAME_CHARS = 40;
export const ROOM_CHARS = 64;

/** `about`: what was requested, "name", "room", "message" or "" for anything else. */
export function sentenceOf(error, about = "") {
  const { refusals } = words;
  const text = refusals[about]?.[error.code] ?? refusals.any[error.code];
  if (!text) return asSentence(error.message ?? "");
  const { retryAfter, message } = error;
  const later = retryAfter >= 1 ? say(words.retryIn, { count: Math.ceil(retryAfter) }) : words.retrySoon;
  return say(text, { later, reason: message, most: about === "room" ? ROOM_CHARS : NAME_CHARS });
}

/** What is wrong with a person's name before it is sent; "" if only the broker can tell. */
export function nameFault(name) {
  const count = [...name.normalize("NFC").trim().replace(/\s+/g, " ")].length;
  if (!count) return words.noName;
  if (count > NAME_CHARS) return say(words.nameTooLong, { most: NAME_CHARS, count });
  return name.includes(",") ? words.nameHasComma : "";
}

/** What is wrong with a room's name, in the spelling of `roomKey`; "" if only the broker can tell. */
export function roomFault(name) {
  const count = [...name].length;
  if (!count) return words.noRoomName;
  if (count > ROOM_CHARS) return say(words.roomNameTooLong, { most: ROOM_CHARS, count });
  return /^[\p{L}\p{M}\p{N}\p{Cf}._-]+$/u.test(name) ? "" : sentenceOf({ code: "bad_request" }, "room");
}

/** Why the person has another name than the requested one; "" if the names are the same. */
export function nameNotice(asked, got) {
  const wanted = asked.normalize("NFC").trim().replace(/\s+/g, " ");
  if (!wanted || wanted === got) return "";
  const numbered = /^(.*?)-?\d+$/u.exec(got);
  const taken = numbered !== null && got.length > numbered[1].length && wanted.startsWith(numbered[1]);
  return say(taken ? words.nameTaken : words.nameWritten, { asked: wanted, got });
}

function asSentence(text) {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence || words.unexplained}.`;
}
