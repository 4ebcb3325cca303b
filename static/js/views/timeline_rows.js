/**
 * The rows of the timeline as it is shown: days, messages, notes of coming and going, announcements
 * to all at their time, and last what waits in the outbox.
 */
import { dayKey } from "../models/text.js";

const GROUP_S = 300;
const HIDDEN = new Set(["edit", "delete"]); // they show in the message they are about

/** Rows {key, kind, event?, entry?, fate?, first?}; kinds: day, message, note, announce, waiting. `me` is who
 * waits: {user, uid, linkShown}. */
export function timelineRows(events, announcements = [], waiting = [], me = {}) {
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
  for (const event of events) {
    if (HIDDEN.has(event.EvtType)) continue;
    while (next < announcements.length && announcements[next].Timestamp < event.Timestamp) put(announcements[next++], "system-");
    put(event, "");
  }
  while (next < announcements.length) put(announcements[next++], "system-");
  for (const entry of waiting) {
    // As it will stand there once it has come back, so that nothing jumps.
    const event = { User: me.user, Uid: me.uid, Timestamp: entry.since / 1000 };
    const fate = entry.state === "failed" ? "not sent" : me.linkShown === "up" ? "sending…" : "waiting";
    rows.push({ key: `waiting-${entry.id}`, kind: "waiting", event, entry, fate, first: !continues(before, event) });
    before = event;
  }
  return rows;
}

function kindOf({ EvtType }) {
  return EvtType === "message" || EvtType === "announce" ? EvtType : "note";
}

/** Whether a message goes on the one before it, so that the name need not be said again. */
function continues(before, { Uid, User, Timestamp }) {
  return before !== null && before.User === User && before.Uid === Uid && Timestamp - before.Timestamp < GROUP_S;
}

/** What a note says after the name. */
export function noteText({ EvtType, Text }) {
  if (EvtType === "join") return "joined";
  if (EvtType === "leave") return "left";
  if (EvtType === "rename") return `is the new name of ${Text}`;
  return Text || EvtType; // a kind that a newer server has
}
