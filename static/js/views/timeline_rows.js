/**
 * The rows of the timeline: days, messages, notes of coming and going, announcements at their time, and
 * last the messages that wait in the outbox.
 */
import { pieces, words } from "../language.js";
import { dayKey } from "../models/text.js";

/** Messages of one person within so many seconds show the name once. */
const GROUP_S = 300;
const HIDDEN = new Set(["edit", "delete"]); // the message that they change shows them
const NOTES = { join: "joined", leave: "left", rename: "renamed" };

/** Rows {key, kind, event?, entry?, fate?, first?}. `kind` is "day", "message", "note", "announce" or
 * "waiting"; `first` is true if the row shows its author. `author` {user, uid, linkShown} is this
 * person, who wrote the waiting messages, and the state of the link. */
export function timelineRows(events, announcements = [], waiting = [], author = {}) {
  const rows = [];
  let day = "";
  let before = null;
  const put = (event, prefix) => {
    const key = dayKey(event.Timestamp);
    if (key !== day) {
      rows.push({ key: `day-${key}-${prefix}${event.Seq}`, kind: "day", event });
      before = null;
    }
    day = key;
    const kind = kindOf(event);
    rows.push({ key: `${prefix}${event.Seq}`, kind, event, first: kind !== "message" || !continues(before, event) });
    before = kind === "message" ? event : null;
  };
  let next = 0;
  const putAnnouncements = (until) => {
    while (next < announcements.length && announcements[next].Timestamp < until) put(announcements[next++], "system-");
  };
  for (const event of events) {
    if (HIDDEN.has(event.EvtType)) continue;
    putAnnouncements(event.Timestamp);
    put(event, "");
  }
  putAnnouncements(Infinity);
  for (const entry of waiting) {
    // The same author and time as the event will have, so that the row stays in its place then.
    const event = { User: author.user, Uid: author.uid, Timestamp: entry.since / 1000 };
    const fate = fateOf(entry, author.linkShown);
    rows.push({ key: `waiting-${entry.id}`, kind: "waiting", event, entry, fate, first: !continues(before, event) });
    before = event;
  }
  return rows;
}

function kindOf({ EvtType }) {
  return EvtType === "message" || EvtType === "announce" ? EvtType : "note";
}

function fateOf({ state }, link) {
  if (state === "failed") return words.notSent;
  return link === "up" ? words.sending : words.waiting;
}

/** Whether a message follows another one of the same person, so that the name is not shown again. */
function continues(before, { Uid, User, Timestamp }) {
  return before !== null && before.User === User && before.Uid === Uid && Timestamp - before.Timestamp < GROUP_S;
}

/** A note as a sentence in pieces. An event of a kind that only a newer gateway knows shows its text. */
export function notePieces({ EvtType, User, Text }) {
  const note = NOTES[EvtType];
  if (note) return pieces(words[note], { name: User, before: Text });
  return [{ name: User }, { words: ` ${Text || EvtType}` }];
}
