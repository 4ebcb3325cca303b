import assert from "node:assert/strict";
import { test } from "node:test";
import { Chat } from "../../static/js/models/chat.js";
import { Sync } from "../../static/js/sync.js";
import { makeEvent, makeEvents, seqs } from "./make.js";

const refusal = (code, message = code) => ({ ok: false, error: { code, message } });

/** A gateway that remembers what was asked; the test answers. */
class Desk {
  connected = true;
  asked = [];
  request(event, payload, done) {
    this.asked.push({ event, payload, done });
  }
  /** The oldest unanswered question of this event. */
  take(event) {
    const at = this.asked.findIndex((each) => each.event === event);
    assert.ok(at >= 0, `nobody asked ${event}`);
    return this.asked.splice(at, 1)[0];
  }
  events() {
    return this.asked.map((each) => each.event);
  }
}

/** Time that passes when the test says so. */
class Clock {
  time = 1000;
  orders = new Set();
  now = () => this.time;
  after = (ms, act) => {
    const order = { at: this.time + ms, act };
    this.orders.add(order);
    return () => this.orders.delete(order);
  };
  pass(ms) {
    this.time += ms;
    for (const order of this.orders) if (order.at <= this.time && this.orders.delete(order)) order.act();
  }
}

function start() {
  const chat = new Chat({ user: "ann" });
  chat.show("lobby");
  const desk = new Desk();
  const clock = new Clock();
  const told = [];
  const on = {
    changed: () => sync.wake(),
    joined: () => {},
    roomRefused: (...what) => told.push(["roomRefused", ...what]),
    roomRenamed: (...what) => told.push(["roomRenamed", ...what]),
    refused: (...what) => told.push(["refused", ...what]),
  };
  const sync = new Sync({ chat, connection: desk, identity: { token: "t", name: "ann" }, on, clock });
  const join = { ok: true, user: "ann", uid: "uid-ann", room: "lobby", epoch: "e", seq: 0, count: 1, version: 1 };
  return { chat, desk, sync, told, join, clock };
}

function joined() {
  const all = start();
  all.chat.joinRequests();
  all.sync.onJoinAnswer("lobby", all.join);
  return all;
}

test("once joined it reads names, rooms and announcements, each once", () => {
  const { desk, sync } = joined();
  sync.wake();
  sync.wake();
  assert.deepEqual(desk.events().sort(), ["history", "participants", "rooms"]);
});

test("nothing is asked without a connection", () => {
  const { desk, sync } = start();
  desk.connected = false;
  sync.wake();
  assert.deepEqual(desk.events(), []);
});

test("a room that is entered later is joined by the token", () => {
  const { chat, desk, sync } = joined();
  chat.show("dev");
  sync.wake();
  assert.deepEqual(desk.take("join").payload, { room: "dev", token: "t" });
});

test("messages go one after the other with their ids; a refusal to wait is obeyed", () => {
  const { chat, desk, sync, clock } = joined();
  chat.outbox.add("m1", "lobby", "one", 1000);
  chat.outbox.add("m2", "lobby", "two", 1000);
  sync.wake();
  const first = desk.take("chat");
  assert.deepEqual(first.payload, { room: "lobby", message: "one", id: "m1" });
  first.done({ ok: false, error: { code: "rate_limited", message: "", retryAfter: 3 } });
  assert.ok(!desk.events().includes("chat"));
  clock.pass(3000);
  const again = desk.take("chat");
  assert.equal(again.payload.id, "m1");
  again.done({ ok: true, id: "m1", seq: 1 });
  assert.equal(desk.take("chat").payload.id, "m2");
});

test("older lines are asked for one page at a time, down to the first", () => {
  const { chat, desk, sync } = joined();
  desk.take("history"); // the announcements
  for (const event of makeEvents(101, 103)) chat.onEvent(event);
  sync.wantsOlder = true;
  sync.wake();
  sync.wake();
  const page = desk.take("history");
  assert.deepEqual(page.payload, { room: "lobby", limit: 100, before: 101 });
  page.done({ ok: true, events: makeEvents(1, 100), more: false });
  assert.equal(seqs(chat.room.timeline.events).length, 103);
  assert.ok(!desk.events().includes("history"));
});

test("names come page by page", () => {
  const { chat, desk } = joined();
  desk.take("participants").done({ ok: true, count: 3, version: 2, users: ["ann", "bob"], more: true });
  const second = desk.take("participants");
  assert.deepEqual(second.payload, { room: "lobby", limit: 100, after: "bob" });
  second.done({ ok: true, count: 3, version: 2, users: ["cy"], more: false });
  assert.deepEqual(chat.room.roster.sortedNames(), ["ann", "bob", "cy"]);
  assert.ok(!desk.events().includes("participants"));
});

test("what is unavailable rests, then is asked again", () => {
  const { desk, sync, clock } = joined();
  desk.take("participants").done(refusal("unavailable"));
  sync.wake();
  assert.ok(!desk.events().includes("participants"));
  clock.pass(2000);
  assert.ok(desk.events().includes("participants"));
});

test("nothing was ever announced: that is asked once a connection", () => {
  const { chat, desk } = joined();
  desk.take("history").done(refusal("no_such_room"));
  assert.equal(chat.announcements.stale, false);
});

test("a refused room is given up, a refused name or person is told", () => {
  const { chat, sync, told } = joined();
  chat.follow("system");
  sync.onJoinAnswer("system", refusal("forbidden"));
  sync.onJoinAnswer("lobby", refusal("bad_name"));
  sync.onJoinAnswer(undefined, refusal("banned"));
  assert.deepEqual(told.map(([what]) => what), ["roomRefused", "refused", "refused"]);
});

test("a join that could not be answered is asked again", () => {
  const { chat, desk, sync, clock } = start();
  chat.joinRequests();
  sync.onJoinAnswer("lobby", refusal("unavailable"));
  assert.deepEqual(desk.events(), []);
  clock.pass(2000);
  assert.deepEqual(desk.take("join").payload, { room: "lobby", token: "t", user: "ann" });
});

test("the room's name is the one that the answer gives", () => {
  const { chat, desk, sync, told, join } = joined();
  chat.follow("ǅ");
  sync.wake();
  desk.take("join").done({ ...join, room: "ǆ" });
  assert.deepEqual(told, [["roomRenamed", "ǅ", "ǆ"]]);
});

test("the answer to a join of a room that was left meanwhile is not its next join's", () => {
  const { chat, desk, sync, join, clock } = joined();
  const leaveAndComeBack = () => {
    chat.unfollow("dev");
    chat.leaving.push("dev");
    chat.follow("dev");
    sync.wake();
  };
  chat.follow("dev");
  sync.wake();
  const first = desk.take("join");
  leaveAndComeBack();
  const second = desk.take("join");
  first.done({ ...join, room: "dev" });
  assert.equal(chat.rooms.get("dev").joined, false);
  second.done(refusal("rate_limited"));
  clock.pass(2000);
  desk.take("join").done({ ...join, room: "dev" });
  assert.equal(chat.rooms.get("dev").joined, true);
});

test("nor is the answer to a handshake's", () => {
  const { chat, sync, join } = start();
  chat.joinRequests();
  chat.rooms.delete("lobby");
  chat.follow("lobby");
  sync.onJoinAnswer("lobby", join, chat.inHandshake.get("lobby"));
  assert.equal(chat.bound, true);
  assert.equal(chat.rooms.get("lobby").joined, false);
});

test("a message is settled by a timeline that is beyond it", () => {
  const { chat, desk, sync } = joined();
  chat.outbox.add("m1", "lobby", "one", 1000);
  sync.wake();
  const asked = desk.take("chat");
  chat.onEvent(makeEvent(7));
  asked.done({ ok: true, id: "m1", seq: 7 });
  assert.deepEqual(chat.outbox.entries, []);
});

test("a message that history shows already is settled by that page", () => {
  const { chat, desk, sync } = joined();
  desk.take("history"); // the announcements
  chat.show("@direct");
  chat.outbox.add("m1", "@direct", "one", 1000);
  sync.wantsOlder = true;
  sync.wake();
  desk.take("chat").done({ ok: true, id: "m1", seq: 7 });
  assert.equal(chat.outbox.entries.length, 1);
  desk.take("history").done({ ok: true, events: makeEvents(5, 8, { Room: "@direct" }), more: true });
  assert.deepEqual(chat.outbox.entries, []);
});

const rows = (from, to) => makeEvents(from, to).map(({ Seq }) => ({ room: `r${Seq}`, kind: "public", count: 1, seq: 1 }));

test("of the rooms the first page is listed, and each time that more are wanted, one more", () => {
  const { chat, desk, sync, clock } = joined();
  desk.take("rooms").done({ ok: true, rooms: rows(1, 100), more: true });
  assert.deepEqual([chat.roomList.rows.length, chat.roomList.hasMore], [100, true]);
  chat.roomList.wantMore();
  clock.pass(2000);
  const [first, ...others] = [desk.take("rooms"), ...desk.events()];
  assert.deepEqual([first.payload, others.includes("rooms")], [{ limit: 100 }, false]);
  first.done({ ok: true, rooms: rows(1, 100), more: true });
  assert.equal(chat.roomList.rows.length, 100, "nothing goes while the rest is on its way");
  const second = desk.take("rooms");
  assert.deepEqual(second.payload, { limit: 100, after: "r100" });
  second.done({ ok: true, rooms: rows(100, 130), more: false }); // r100 has moved on
  assert.deepEqual([chat.roomList.rows.length, chat.roomList.hasMore, chat.roomList.stale], [130, false, false]);
  sync.wake();
  assert.ok(!desk.events().includes("rooms"));
});

test("the list has an end", () => {
  const { chat } = joined();
  for (let times = 0; times < 19; times += 1) chat.roomList.wantMore();
  chat.setRoomList(rows(1, 2000), true);
  assert.equal(chat.roomList.hasMore, false);
});
