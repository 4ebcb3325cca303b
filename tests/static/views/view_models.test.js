import assert from "node:assert/strict";
import { test } from "node:test";
import { Chat } from "../../../static/js/models/chat.js";
import { headingOf, roomsModel, rosterModel, timelineModel, windowTitle } from "../../../static/js/views/view_models.js";
import { makeEvent } from "../make.js";

function here() {
  const chat = new Chat({ user: "ann", open: ["dev"] });
  chat.show("lobby");
  chat.onJoined({ user: "ann", uid: "uid-ann", room: "lobby", epoch: "e", seq: 2, count: 2, version: 1 });
  chat.setRoomList([
    { room: "@bob", kind: "direct", user: "bob", count: 2, seq: 1 },
    { room: "@cy", kind: "direct", user: "cy", count: 2, seq: 0 },
    { room: "lobby", kind: "public", count: 2, seq: 2 },
    { room: "tea", kind: "public", count: 7, seq: 9 },
  ], true);
  return chat;
}

test("rooms that are open, conversations, and where else people are", () => {
  const { rooms, people, elsewhere, more } = roomsModel(here());
  assert.equal(more, true);
  assert.deepEqual(rooms.map((each) => [each.room, each.here]), [["dev", false], ["lobby", true]]);
  assert.deepEqual(people.map((each) => each.title), ["bob"]);
  assert.deepEqual(elsewhere.map((each) => [each.room, each.count]), [["tea", 7]]);
});

test("the window's title tells of unread conversations", () => {
  const chat = here();
  assert.equal(windowTitle(chat), "#lobby · Hubbub");
  chat.onEvent(makeEvent(2, { Room: "@bob", Uid: "uid-bob" }));
  assert.equal(windowTitle(chat), "(1) #lobby · Hubbub");
  assert.equal(headingOf(chat, "@bob"), "bob");
  assert.equal(headingOf(chat, "@unknown"), "…");
});

test("the window's title has a dot for what is said in rooms, and counts who is named", () => {
  const chat = here();
  chat.visible = false;
  const say = (Seq, more) => chat.onEvent(makeEvent(Seq, { Uid: "uid-bob", User: "bob", ...more }));
  say(3);
  assert.equal(windowTitle(chat), "• #lobby · Hubbub");
  say(4, { Text: "@Ann, are you there?" });
  say(5, { Text: "@anna?" });
  say(6, { Text: "all", Mentions: ["*"] });
  say(7, { Text: "@ann is a word here", Mentions: ["uid-cy"] });
  assert.equal(windowTitle(chat), "(2) #lobby · Hubbub");
  for (let seq = 8; seq < 120; seq += 1) say(seq, { Mentions: ["uid-ann"] });
  assert.equal(windowTitle(chat), "(99+) #lobby · Hubbub");
  chat.visible = true;
  chat.markShownAsRead();
  assert.equal(windowTitle(chat), "#lobby · Hubbub");
});

test("a conversation is listed from its first line on, and closed until the next one", () => {
  const chat = here();
  const people = () => roomsModel(chat).people.map(({ title }) => title);
  chat.show("@cy");
  assert.deepEqual(people(), ["bob", "cy"]);
  chat.show("lobby");
  assert.deepEqual(people(), ["bob"]);
  chat.onEvent(makeEvent(1, { Room: "@cy", Uid: "uid-cy" }));
  assert.deepEqual(people(), ["bob", "cy"]);
  chat.roomList.close("@cy", chat.headOf("@cy"));
  chat.unfollow("@cy");
  assert.deepEqual(people(), ["bob"]);
  chat.onEvent(makeEvent(2, { Room: "@cy", Uid: "uid-cy" }));
  assert.deepEqual(people(), ["bob", "cy"]);
});

test("above the first line it says whether there is more", () => {
  const chat = here();
  for (const Seq of [1, 2]) chat.onEvent(makeEvent(Seq));
  assert.equal(timelineModel(chat).start, "beginning");
  chat.onJoined({ user: "ann", uid: "uid-ann", room: "lobby", epoch: "e", seq: 52, count: 2, version: 1 });
  chat.onEvent(makeEvent(51));
  assert.deepEqual([timelineModel(chat).start, timelineModel(chat).quiet], ["", true]);
  chat.onEvent(makeEvent(52));
  assert.deepEqual([timelineModel(chat).start, timelineModel(chat).quiet], ["loadingOlder", false]);
});

test("what waits is not shown below a window that ends early", () => {
  const chat = here();
  chat.outbox.add("m1", "lobby", "hello", 0);
  assert.equal(timelineModel(chat).rows.at(-1).kind, "waiting");
  chat.room.timeline.detached = true;
  assert.equal(timelineModel(chat).rows.length, 0);
});

test("what waits says what becomes of it", () => {
  const chat = here();
  for (const id of ["m1", "m2"]) chat.outbox.add(id, "lobby", id, 0);
  const fates = () => timelineModel(chat).rows.map(({ fate }) => fate);
  assert.deepEqual(fates(), ["sending…", "sending…"]);
  chat.outbox.markSent("m1");
  chat.outbox.markRefused("m1", { code: "forbidden", message: "no" }, 0);
  chat.onDisconnected();
  assert.deepEqual(fates(), ["not sent", "sending…"], "moving to another gateway is quick");
  chat.showDisconnected();
  assert.deepEqual(fates(), ["not sent", "waiting"]);
});

test("a conversation has no list of people, but says who reads it", () => {
  const chat = here();
  assert.equal(rosterModel(chat).note, "");
  chat.show("@bob");
  assert.notEqual(rosterModel(chat).note, "");
});
