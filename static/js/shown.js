/** What the page shows of a chat: one plain model for each view. */
import { rowsOf } from "./rows.js";
import { isPrivate } from "./text.js";

export function shownTimeline(chat) {
  const { name, timeline, joined } = chat.room;
  const { lines, detached, first, reachedStart } = timeline;
  return {
    room: name,
    rows: rowsOf(lines, chat.noticesHere(), detached ? [] : chat.outbox.of(name), chat),
    start: reachedStart || first === 1 ? "beginning" : timeline.olderPage() && joined ? "older" : "",
    detached,
    // Only what is new is worth reading out, not a replay or old lines that somebody scrolls to.
    quiet: !chat.pinned || timeline.head < timeline.expected,
  };
}

export function shownRoster({ room, user }) {
  const { roster } = room;
  const unheard = room.joined || roster.count ? "" : "Nobody is known to be here yet.";
  return {
    count: roster.count,
    names: roster.list(),
    others: roster.others,
    me: user,
    note: room.private ? "Only the members of this conversation can read it." : unheard,
  };
}

export function shownRooms(chat) {
  const item = (room, count = 0) => ({
    room,
    title: titleOf(chat, room),
    unread: chat.unread.of(room),
    count,
    here: room === chat.current,
  });
  const listed = chat.listed.map((row) => row.room);
  const open = chat.openRooms();
  const people = new Set([...listed, ...chat.rooms.keys()].filter(isPrivate));
  const elsewhere = chat.listed.filter(({ room }) => !isPrivate(room) && !open.includes(room));
  return {
    rooms: open.map((room) => item(room)),
    people: [...people].map((room) => item(room)),
    elsewhere: elsewhere.map(({ room, count }) => item(room, count)),
    more: chat.listHasMore,
  };
}

export const titleOf = (chat, room) => chat.titleOf(room) ?? "…";

/** The room's title as a heading. */
export const headingOf = (chat, room) => (isPrivate(room) ? "" : "#") + titleOf(chat, room);

/** The window's title: unread conversations first, since a hidden tab shows only its beginning. */
export function windowTitle(chat) {
  const waiting = [...chat.unread.counts].reduce((sum, [room, count]) => sum + (isPrivate(room) ? count : 0), 0);
  return `${waiting ? `(${waiting}) ` : ""}${headingOf(chat, chat.current)} · Hubbub`;
}
