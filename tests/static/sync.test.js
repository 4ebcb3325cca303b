import assert from "node:assert/strict";
import { test } from "node:test";
import { Chat } from "../../static/js/models/chat.js";
import { Errands } from "../../static/js/sync.js";
import { line, lines, seqs } from "./make.js";

const refusal = (code, message = code) => ({ ok: false, error: { code, message } });

/** A gateway that remembers what was asked; the test answers. */
class Desk {
  connected = true;
  asked = [];
  ask(event, payload, done) {
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
  const page = {
    changed: () => errands.run(),
    joined: () => {},
    refusedRoom: (...what) => told.push(["refusedRoom", ...what]),
    respelled: (...what) => told.push(["respelled", ...what]),
    unwelcome: (...what) => told.push(["unwelcome", ...what]),
  };
  const errands = new Errands({ chat, connection: desk, identity: { token: "t", name: "ann" }, page, clock });
  const join = { ok: true, user: "ann", uid: "uid-ann", room: "lobby", epoch: "e", seq: 0, count: 1, version: 1 };
  return { chat, desk, errands, told, join, clock };
}

function joined() {
  const all = start();
  all.chat.joins();
  all.errands.joinAnswered("lobby", all.join);
  return all;
}

test("once joined it reads names, rooms and announcements, each once", () => {
  const { desk, errands } = joined();
  errands.run();
  errands.run();
  assert.deepEqual(desk.events().sort(), ["history", "participants", "rooms"]);
});

test("nothing is asked without a connection", () => {
  const { desk, errands } = start();
  desk.connected = false;
  errands.run();
  assert.deepEqual(desk.events(), []);
});

test("a room that is entered later is joined by the token", () => {
  const { chat, desk, errands } = joined();
  chat.show("dev");
  errands.run();
  assert.deepEqual(desk.take("join").payload, { room: "dev", token: "t" });
});

test("messages go one after the other with their ids; a refusal to wait is obeyed", () => {
  const { chat, desk, errands, clock } = joined();
  chat.outbox.add("m1", "lobby", "one", 1000);
  chat.outbox.add("m2", "lobby", "two", 1000);
  errands.run();
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
  const { chat, desk, errands } = joined();
  desk.take("history"); // the announcements
  for (const event of lines(101, 103)) chat.heard(event);
  errands.wantsOlder = true;
  errands.run();
  errands.run();
  const page = desk.take("history");
  assert.deepEqual(page.payload, { room: "lobby", limit: 100, before: 101 });
  page.done({ ok: true, events: lines(1, 100), more: false });
  assert.equal(seqs(chat.room.timeline.lines).length, 103);
  assert.ok(!desk.events().includes("history"));
});

test("names come page by page", () => {
  const { chat, desk } = joined();
  desk.take("participants").done({ ok: true, count: 3, version: 2, users: ["ann", "bob"], more: true });
  const second = desk.take("participants");
  assert.deepEqual(second.payload, { room: "lobby", limit: 100, after: "bob" });
  second.done({ ok: true, count: 3, version: 2, users: ["cy"], more: false });
  assert.deepEqual(chat.room.roster.list(), ["ann", "bob", "cy"]);
  assert.ok(!desk.events().includes("participants"));
});

test("what is unavailable rests, then is asked again", () => {
  const { desk, errands, clock } = joined();
  desk.take("participants").done(refusal("unavailable"));
  errands.run();
  assert.ok(!desk.events().includes("participants"));
  clock.pass(2000);
  assert.ok(desk.events().includes("participants"));
});

test("nothing was ever announced: that is asked once a connection", () => {
  const { chat, desk } = joined();
  desk.take("history").done(refusal("no_such_room"));
  assert.equal(chat.notices.stale, false);
});

test("a refused room is given up, a refused name or person is told", () => {
  const { chat, errands, told } = joined();
  chat.follow("system");
  errands.joinAnswered("system", refusal("forbidden"));
  errands.joinAnswered("lobby", refusal("bad_name"));
  errands.joinAnswered(undefined, refusal("banned"));
  assert.deepEqual(told.map(([what]) => what), ["refusedRoom", "unwelcome", "unwelcome"]);
});

test("a join that could not be answered is asked again", () => {
  const { chat, desk, errands, clock } = start();
  chat.joins();
  errands.joinAnswered("lobby", refusal("unavailable"));
  assert.deepEqual(desk.events(), []);
  clock.pass(2000);
  assert.deepEqual(desk.take("join").payload, { room: "lobby", token: "t", user: "ann" });
});

test("the room's name is the one that the answer gives", () => {
  const { chat, desk, errands, told, join } = joined();
  chat.follow("ǅ");
  errands.run();
  desk.take("join").done({ ...join, room: "ǆ" });
  assert.deepEqual(told, [["respelled", "ǅ", "ǆ"]]);
});

test("a message is settled by a timeline that is beyond it", () => {
  const { chat, desk, errands } = joined();
  chat.outbox.add("m1", "lobby", "one", 1000);
  errands.run();
  const asked = desk.take("chat");
  chat.heard(line(7));
  asked.done({ ok: true, id: "m1", seq: 7 });
  assert.deepEqual(chat.outbox.entries, []);
});

test("a message that history shows already is settled by that page", () => {
  const { chat, desk, errands } = joined();
  desk.take("history"); // the announcements
  chat.show("@direct");
  chat.outbox.add("m1", "@direct", "one", 1000);
  errands.wantsOlder = true;
  errands.run();
  desk.take("chat").done({ ok: true, id: "m1", seq: 7 });
  assert.equal(chat.outbox.entries.length, 1);
  desk.take("history").done({ ok: true, events: lines(5, 8, { Room: "@direct" }), more: true });
  assert.deepEqual(chat.outbox.entries, []);
});

const rows = (from, to) => lines(from, to).map(({ Seq }) => ({ room: `r${Seq}`, kind: "public", count: 1, seq: 1 }));

test("of the rooms the first page is listed, and each time that more are wanted, one more", () => {
  const { chat, desk, errands, clock } = joined();
  desk.take("rooms").done({ ok: true, rooms: rows(1, 100), more: true });
  assert.deepEqual([chat.listing.rows.length, chat.listing.hasMore], [100, true]);
  chat.listing.wantMore();
  clock.pass(2000);
  const [first, ...others] = [desk.take("rooms"), ...desk.events()];
  assert.deepEqual([first.payload, others.includes("rooms")], [{ limit: 100 }, false]);
  first.done({ ok: true, rooms: rows(1, 100), more: true });
  assert.equal(chat.listing.rows.length, 100, "nothing goes while the rest is on its way");
  const second = desk.take("rooms");
  assert.deepEqual(second.payload, { limit: 100, after: "r100" });
  second.done({ ok: true, rooms: rows(100, 130), more: false }); // r100 has moved on
  assert.deepEqual([chat.listing.rows.length, chat.listing.hasMore, chat.listing.stale], [130, false, false]);
  errands.run();
  assert.ok(!desk.events().includes("rooms"));
});

test("the list has an end", () => {
  const { chat } = joined();
  for (let times = 0; times < 19; times += 1) chat.listing.wantMore();
  chat.list(rows(1, 2000), true);
  assert.equal(chat.listing.hasMore, false);
});
