/**
 * The page's own sentences for what the gateway refuses, by code: what happened and what to do. The
 * gateway's words are for programs; they stand only where the page has none.
 */
export const NAME_CHARS = 40;
export const ROOM_CHARS = 64;

const later = ({ retryAfter }) =>
  retryAfter >= 1 ? `Please try again in ${Math.ceil(retryAfter)} seconds.` : "Please try again in a moment.";

const ANYWHERE = {
  rate_limited: (error) => `That was too fast. ${later(error)}`,
  unavailable: () => "The chat does not answer at the moment. Please try again.",
  no_such_room: () => "There is no such conversation, or it is not yours.",
  forbidden: () => "That is not allowed here.",
  banned: () => "You have been banned.",
  no_such_user: () => "There is nobody by that name here who can be written to.",
};

const ABOUT = {
  name: {
    bad_name: () => `A name has 1 to ${NAME_CHARS} characters that can be seen, and no commas. Please choose another one.`,
    forbidden: () => "That name is reserved. Please choose another one.",
  },
  room: {
    bad_request: () => `A room's name has 1 to ${ROOM_CHARS} letters, digits, “-”, “_” or “.”.`,
    forbidden: () => "Nobody can enter this room: its lines are shown in all rooms.",
    banned: () => "You have been banned from this room.",
    rate_limited: (error) => `You have entered many rooms. ${later(error)}`,
  },
  message: {
    too_long: (error) => `The message is too long: ${error.message}.`,
    bad_request: (error) => `The message cannot be sent: ${error.message}.`,
  },
};

/** `about`: what was asked for, "name", "room", "message" or nothing of these. */
export function sentenceOf(error, about = "") {
  const sentence = ABOUT[about]?.[error.code] ?? ANYWHERE[error.code];
  return sentence ? sentence(error) : asSentence(error.message ?? "");
}

export const BANNED = "You were banned from this chat. If you think that this is a mistake, ask the people who run it.";

/** What is wrong with a name before it is sent; empty if only the broker can say more. */
export function nameFault(name) {
  const chars = [...name.normalize("NFC").trim().replace(/\s+/g, " ")].length;
  if (!chars) return "Please write a name.";
  if (chars > NAME_CHARS) return `A name has at most ${NAME_CHARS} characters; this one has ${chars}.`;
  return name.includes(",") ? "A name has no commas." : "";
}

/** The same of a room's name, as `roomKey` gave it. */
export function roomFault(name) {
  const chars = [...name].length;
  if (!chars) return "Please write the name of a room.";
  if (chars > ROOM_CHARS) return `A room's name has at most ${ROOM_CHARS} characters; this one has ${chars}.`;
  return /^[\p{L}\p{M}\p{N}\p{Cf}._-]+$/u.test(name) ? "" : ABOUT.room.bad_request();
}

/** Why one has another name than one asked for; empty if one has it. */
export function nameNotice(asked, got) {
  const wanted = asked.normalize("NFC").trim().replace(/\s+/g, " ");
  if (!wanted || wanted === got) return "";
  const numbered = /^(.*?)-?\d+$/u.exec(got);
  const taken = numbered !== null && got.length > numbered[1].length && wanted.startsWith(numbered[1]);
  return taken ? `${wanted} is taken, you are ${got}.` : `Your name is written ${got}.`;
}

function asSentence(words) {
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence || "That did not work"}.`;
}
