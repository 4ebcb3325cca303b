import assert from "node:assert/strict";
import { test } from "node:test";
import { Chat } from "../../../static/js/models/chat.js";
import { titleOf } from "../../../static/js/views/view_models.js";
import { makeEvent, makeEvents, NOON, range, seqs } from "../make.js";

const EPOCH = "e1";

function answer(room, seq, more = {}) {
  return { ok: true, user: "ann", uid: "uid-ann", room, epoch: EPOCH, seq, recovered: false, count: 1, version: 1, ...more };
}

/** ann, in the lobby at Seq 3, looking at it. */
function inLobby() {
  const chat = new Chat({ user: "ann" });
  chat.show("lobby");
  chat.joinRequests();
  chat.onJoined(answer("lobby", 3));
  for (const event of makeEvents(1, 3)) chat.onEvent(event);
  return chat;
}

test("the handshake asks for the rooms, then where to go on", () => {
  const chat = new Chat({ open: ["dev"] });
  chat.show("lobby");
  assert.deepEqual(chat.joinRequests(), [{ room: "dev" }, { room: "lobby" }]);
  chat.onJoined(answer("lobby", 3));
  for (const event of makeEvents(1, 3)) chat.onEvent(event);
  chat.onDisconnected();
  assert.deepEqual(chat.joinRequests(), [{ room: "dev" }, { room: "lobby", since: { Epoch: EPOCH, Seq: 3 } }]);
});

test("who looks only at a conversation is still in a public room, which says who they are", () => {
  const chat = new Chat();
  chat.show("@direct");
  assert.deepEqual(chat.joinRequests(), [{ room: "lobby" }]);
});

test("a recovered join goes on, any other starts the room over", () => {
  const chat = inLobby();
  chat.onDisconnected();
  chat.onJoined(answer("lobby", 5, { recovered: true }));
  for (const event of makeEvents(4, 5)) chat.onEvent(event);
  assert.deepEqual(seqs(chat.room.timeline.events), range(1, 5));
  chat.onDisconnected();
  chat.onJoined(answer("lobby", 905));
  for (const event of makeEvents(880, 905)) chat.onEvent(event);
  assert.deepEqual(seqs(chat.room.timeline.events), range(880, 905));
});

test("another store makes everything start over", () => {
  const chat = inLobby();
  chat.unread.markRead("@direct", 70);
  chat.onDisconnected();
  chat.onJoined(answer("lobby", 1, { epoch: "e2", private: { "@direct": 2 } }));
  chat.onEvent(makeEvent(1));
  assert.deepEqual([seqs(chat.room.timeline.events), chat.epoch], [[1], "e2"]);
});

test("reset forgets the lines of one room", () => {
  const chat = inLobby();
  chat.onReset({ Room: "lobby", Epoch: EPOCH, Seq: 42 });
  for (const event of makeEvents(40, 42)) chat.onEvent(event);
  assert.deepEqual(seqs(chat.room.timeline.events), [40, 41, 42]);
});

test("one's own event takes the message out of the outbox, before or after the ack", () => {
  const chat = inLobby();
  chat.outbox.add("m1", "lobby", "hello", 0);
  chat.outbox.markSent("m1");
  chat.onEvent(makeEvent(4, { Id: "m1", Text: "hello" }));
  assert.deepEqual(chat.outbox.entries, []);
});

test("a page of history that has what waits takes it out", () => {
  const chat = inLobby();
  chat.outbox.add("m1", "@direct", "hello", 0);
  chat.outbox.add("m2", "@direct", "again", 0);
  chat.show("@direct");
  chat.settleOutbox("@direct", [makeEvent(1, { Id: "m1" }), makeEvent(2, { Id: "m2", Uid: "uid-eve" })]);
  assert.deepEqual(chat.outbox.inRoom("@direct").map(({ id }) => id), ["m2"]);
});

test("what was accepted in a conversation that is not shown leaves nothing behind", () => {
  const chat = inLobby();
  chat.outbox.add("m1", "@direct", "hello", 0);
  chat.outbox.markAccepted("m1", 7);
  chat.settleOutbox("@direct", []);
  assert.deepEqual(chat.outbox.entries, []);
});

test("what waits for a room goes with it to its right name", () => {
  const chat = inLobby();
  chat.show("ǅ");
  chat.outbox.add("m1", "ǅ", "hello", 0);
  chat.renameRoom("ǅ", "ǆ");
  assert.deepEqual([chat.outbox.inRoom("ǆ").length, chat.openRooms()], [1, ["lobby", "ǆ"]]);
});

test("another person's message with the same id is not one's own", () => {
  const chat = inLobby();
  chat.outbox.add("m1", "lobby", "hello", 0);
  chat.onEvent(makeEvent(4, { Id: "m1", Uid: "uid-eve" }));
  assert.equal(chat.outbox.entries.length, 1);
});

test("messages count as unread where nobody looks", () => {
  const chat = inLobby();
  chat.show("dev");
  chat.onJoined(answer("dev", 9));
  chat.onEvent(makeEvent(4, { Uid: "uid-bob" }));
  chat.onEvent(makeEvent(5));
  assert.equal(chat.unread.countIn("lobby"), 1);
  chat.visible = false;
  chat.onEvent(makeEvent(10, { Room: "dev", Uid: "uid-bob" }));
  assert.equal(chat.unread.countIn("dev"), 1);
  chat.visible = true;
  chat.markShownAsRead();
  assert.equal(chat.unread.countIn("dev"), 0);
});

test("what a join replays is not unread, what it recovers is", () => {
  const chat = inLobby();
  chat.follow("dev");
  chat.onJoined(answer("dev", 3));
  for (const event of makeEvents(1, 3, { Room: "dev", Uid: "uid-bob" })) chat.onEvent(event);
  assert.equal(chat.unread.countIn("dev"), 0);
  chat.onDisconnected();
  chat.onJoined(answer("dev", 5, { recovered: true }));
  for (const event of makeEvents(4, 5, { Room: "dev", Uid: "uid-bob" })) chat.onEvent(event);
  assert.equal(chat.unread.countIn("dev"), 2);
});

test("an unknown conversation is counted and looked for in the list", () => {
  const chat = inLobby();
  chat.roomList.stale = false;
  chat.onEvent(makeEvent(1, { Room: "@direct", Uid: "uid-bob", User: "bob" }));
  assert.deepEqual([chat.roomList.stale, chat.unread.countIn("@direct")], [true, 1]);
  chat.setRoomList([{ room: "@direct", kind: "direct", user: "bob", seq: 1 }], false);
  assert.deepEqual([titleOf(chat, "@direct"), chat.unread.countIn("@direct")], ["bob", 1]);
});

test("a conversation is recovered only if its lines were read", () => {
  const chat = inLobby();
  chat.show("@direct");
  assert.deepEqual(chat.joinRequests().length, 1);
  assert.deepEqual(chat.room.timeline.olderPage(), {});
  chat.room.timeline.addOlder({}, { events: makeEvents(1, 2, { Room: "@direct" }), more: false });
  chat.onDisconnected();
  assert.deepEqual(chat.joinRequests()[1], { room: "@direct", since: { Epoch: EPOCH, Seq: 2 } });
});

test("conversations that nobody looks at any more are let go", () => {
  const chat = inLobby();
  for (let each = 0; each < 100; each += 1) chat.show(`@${each}`);
  assert.ok(chat.rooms.size <= 21);
  assert.equal(chat.room.name, "@99");
});

test("events of a room that was left change nothing", () => {
  const chat = inLobby();
  chat.follow("dev");
  assert.equal(chat.unfollow("dev"), "lobby");
  chat.onEvent(makeEvent(1, { Room: "dev" }));
  chat.onJoined(answer("dev", 1));
  assert.deepEqual([...chat.rooms.keys()], ["lobby"]);
});

test("old announcements stand at their time, new ones in every room", () => {
  const chat = inLobby();
  const notice = (Seq, at) => makeEvent(Seq, { Room: "system", EvtType: "announce", Timestamp: NOON + at });
  assert.deepEqual(chat.announcements.nextPage(), { room: "system", limit: 20 });
  chat.announcements.addPage({ events: [notice(7, -50), notice(8, 2.5)], more: true });
  assert.deepEqual([seqs(chat.announcements.shownIn(chat.room.timeline)), chat.announcements.stale], [[8], false]);
  chat.onEvent(notice(9, 50));
  assert.deepEqual(seqs(chat.announcements.shownIn(chat.room.timeline)), [8, 9]);
  chat.show("empty");
  assert.deepEqual(seqs(chat.announcements.shownIn(chat.room.timeline)), [9]);
  assert.deepEqual(chat.announcements.nextPage(), { room: "system", after: 9 });
});

test("the link is told", () => {
  const chat = new Chat();
  chat.show("lobby");
  assert.equal(chat.link, "connecting");
  chat.onLink({ Up: false });
  chat.onJoined(answer("lobby", 1));
  assert.equal(chat.link, "down");
  chat.onLink({ Up: true });
  assert.equal(chat.link, "up");
  chat.onDisconnected();
  assert.deepEqual([chat.link, chat.canSend("lobby")], ["offline", false]);
});

test("who types is told without oneself, until they have said it", () => {
  const chat = inLobby();
  chat.onTyping({ Room: "lobby", Users: ["ann", "bob"] });
  assert.deepEqual(chat.room.typing, ["bob"]);
  chat.onEvent(makeEvent(4, { User: "bob", Uid: "uid-bob" }));
  assert.deepEqual(chat.room.typing, []);
});
