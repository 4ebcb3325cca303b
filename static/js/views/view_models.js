/** What the page shows of a chat: one plain model for each view. */
import { timelineRows } from "./timeline_rows.js";
import { isPrivate } from "../models/text.js";

export function timelineModel(chat) {
  const { name, timeline, joined } = chat.room;
  const { events, detached, first, reachedStart } = timeline;
  return {
    room: name,
    rows: timelineRows(events, chat.announcements.shownIn(chat.room.timeline), detached ? [] : chat.outbox.inRoom(name), chat),
    start: reachedStart || first === 1 ? "beginning" : timeline.olderPage() && joined ? "older" : "",
    detached,
    me: chat.uid,
    // Only what is new is worth reading out, not a replay or old lines that somebody scrolls to.
    quiet: !chat.pinned || timeline.head < timeline.expected,
  };
}

export function rosterModel({ room, user }) {
  const { roster, search } = room;
  const searched = search && (search.prefix || roster.unnamedCount > 0);
  const unheard = room.joined || roster.count ? "" : "Nobody is known to be here yet.";
  return {
    count: roster.count,
    names: searched ? search.names : roster.sortedNames(),
    others: roster.unnamedCount,
    search: search && {
      prefix: search.prefix,
      more: Boolean(searched) && search.more && search.names.length > 0,
      asking: search.nextPage() !== null,
    },
    me: user,
    note: room.private ? "Only the members of this conversation can read it." : unheard,
  };
}

export function roomsModel(chat) {
  const item = (room, count = 0) => ({
    room,
    title: titleOf(chat, room),
    unread: chat.unread.countIn(room),
    count,
    here: room === chat.current,
  });
  const listed = chat.roomList.rows.map((row) => row.room);
  const open = chat.openRooms();
  const people = new Set([...listed, ...chat.rooms.keys()].filter((room) => isPrivate(room) && chat.isListed(room)));
  const elsewhere = chat.roomList.rows.filter(({ room }) => !isPrivate(room) && !open.includes(room));
  return {
    rooms: open.map((room) => item(room)),
    people: [...people].map((room) => item(room)),
    elsewhere: elsewhere.map(({ room, count }) => item(room, count)),
    more: chat.roomList.hasMore,
  };
}

export const titleOf = (chat, room) => chat.titleOf(room) ?? "…";

/** The room's title as a heading. */
export const headingOf = (chat, room) => (isPrivate(room) ? "" : "#") + titleOf(chat, room);

/** The window's title: what is unread first, since a hidden tab shows only its beginning. Counted is what
 * is meant for this person, conversations and mentions; what others say in rooms is a dot. */
export function windowTitle(chat) {
  const { unread } = chat;
  const rooms = unread.unreadRooms();
  const meant = (room) => (isPrivate(room) ? unread.countIn(room) : unread.mentionsIn(room));
  const waiting = rooms.reduce((sum, room) => sum + meant(room), 0);
  const mark = waiting ? `(${waiting > 99 ? "99+" : waiting}) ` : rooms.length ? "• " : "";
  return `${mark}${headingOf(chat, chat.current)} · Hubbub`;
}
