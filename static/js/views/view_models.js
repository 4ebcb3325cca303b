/** What the page shows of a chat: one plain object for each view. */
import { pieces, say, words } from "../language.js";
import { isPrivate } from "../models/text.js";
import { timelineRows } from "./timeline_rows.js";

/** So many people are named as typing; the rest are "others". */
const NAMED_LIMIT = 2;

export function timelineModel(chat) {
  const { name, timeline, joined } = chat.room;
  const { events, detached, first, reachedStart } = timeline;
  const waiting = detached ? [] : chat.outbox.inRoom(name);
  return {
    room: name,
    rows: timelineRows(events, chat.announcements.shownIn(timeline), waiting, chat),
    start: reachedStart || first === 1 ? "beginning" : timeline.olderPage() && joined ? "loadingOlder" : "",
    detached,
    me: chat.uid,
    // Screen readers read new messages out, but not a replay or older messages that somebody scrolls to.
    quiet: !chat.pinned || timeline.head < timeline.expected,
  };
}

export function rosterModel({ room, user }) {
  const { roster, search } = room;
  const searched = search && (search.prefix || roster.unnamedCount > 0);
  const empty = room.joined || roster.count ? "" : words.nobodyKnown;
  return {
    count: roster.count,
    names: searched ? search.names : roster.sortedNames(),
    unnamedCount: roster.unnamedCount,
    search: search && {
      prefix: search.prefix,
      more: Boolean(searched) && search.more && search.names.length > 0,
      asking: search.nextPage() !== null,
    },
    me: user,
    note: room.private ? words.membersOnly : empty,
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

/** A room's name for people: a conversation has the other person's name, once it is in the list. */
export function titleOf(chat, room) {
  if (!isPrivate(room)) return room;
  const row = chat.roomList.row(room);
  return row ? row.title || row.user || words.conversation : words.unknownRoom;
}

/** The room's title as a heading. */
export const headingOf = (chat, room) => (isPrivate(room) ? "" : "#") + titleOf(chat, room);

/** The window's title. It begins with what is unread, since a hidden tab shows only the beginning: the
 * number of messages for this person (conversations, mentions), or a dot for other messages. */
export function windowTitle(chat) {
  const { unread } = chat;
  const rooms = unread.unreadRooms();
  const meant = (room) => (isPrivate(room) ? unread.countIn(room) : unread.mentionsIn(room));
  const waiting = rooms.reduce((sum, room) => sum + meant(room), 0);
  const mark = waiting ? `(${waiting > 99 ? "99+" : waiting}) ` : rooms.length ? "• " : "";
  return say(words.windowTitle, { mark, room: headingOf(chat, chat.current) });
}

/** Who is typing, as a sentence in pieces; empty for nobody. */
export function typingPieces(names) {
  if (!names.length) return [];
  const listed = names.length > NAMED_LIMIT ? [...names.slice(0, NAMED_LIMIT), words.others] : names;
  return pieces(words.typing, { names: listed, count: names.length });
}
