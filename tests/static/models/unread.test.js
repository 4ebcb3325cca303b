import assert from "node:assert/strict";
import { test } from "node:test";
import { Unread } from "../../../static/js/models/unread.js";
import { makeEvent, makeEvents } from "../make.js";

const DIRECT = { Room: "@direct" };

test("messages of others count, once each; coming and going does not", () => {
  const unread = new Unread();
  unread.onEvent(makeEvent(1, DIRECT), false);
  unread.onEvent(makeEvent(1, DIRECT), false);
  unread.onEvent(makeEvent(2, { ...DIRECT, EvtType: "join" }), false);
  unread.onEvent(makeEvent(3, DIRECT), true);
  assert.equal(unread.countIn("@direct"), 1);
});

test("what is seen counts no more", () => {
  const unread = new Unread();
  unread.onEvent(makeEvent(1, DIRECT), false);
  unread.markRead("@direct", 4);
  unread.onEvent(makeEvent(4, DIRECT), false);
  assert.equal(unread.countIn("@direct"), 0);
  unread.onEvent(makeEvent(5, DIRECT), false);
  assert.equal(unread.countIn("@direct"), 1);
});

test("what came while the page was away counts once, live or listed", () => {
  const unread = new Unread({ "@direct": 5 });
  unread.noteUnseen("@direct", 7);
  unread.noteUnseen("@direct", 7);
  assert.deepEqual(unread.nextGap(), { room: "@direct", after: 5 });
  unread.onEvent(makeEvent(8, DIRECT), false);
  for (const Seq of [6, 7, 8]) unread.onEvent(makeEvent(Seq, DIRECT), false);
  unread.fillGap("@direct", makeEvents(6, 8), false);
  assert.deepEqual([unread.countIn("@direct"), unread.nextGap()], [3, null]);
});

test("one's own messages elsewhere leave nothing unread", () => {
  const unread = new Unread({ "@direct": 5 });
  unread.onEvent(makeEvent(6, DIRECT), true);
  unread.noteUnseen("@direct", 6);
  assert.equal(unread.countIn("@direct"), 0);
});

test("another tab's marks clear what it has seen, and no newer things", () => {
  const unread = new Unread();
  unread.onEvent(makeEvent(3, DIRECT), false);
  unread.mergeMarks({ "@direct": 2 });
  assert.equal(unread.countIn("@direct"), 1);
  unread.mergeMarks({ "@direct": 3 });
  assert.equal(unread.countIn("@direct"), 0);
});

test("what was said and deleted does not count, neither live nor while the page was away", () => {
  const unread = new Unread({ "@direct": 5 });
  unread.noteUnseen("@direct", 9);
  const gone = { ...DIRECT, Text: "", Rev: 8 };
  for (const event of [makeEvent(6, gone), makeEvent(7, DIRECT), makeEvent(8, { ...DIRECT, EvtType: "delete", Ref: 6 })]) unread.onEvent(event, false);
  unread.onEvent(makeEvent(9, { ...DIRECT, EvtType: "edit", Ref: 7 }), false);
  unread.fillGap("@direct", [makeEvent(9)], false);
  assert.equal(unread.countIn("@direct"), 1);
  unread.onEvent(makeEvent(10, { ...DIRECT, EvtType: "delete", Ref: 7 }), false);
  assert.deepEqual([unread.countIn("@direct"), unread.unreadRooms()], [0, []]);
});

test("a long absence is read until nobody can tell the number apart", () => {
  const unread = new Unread({ "@direct": 0 });
  unread.noteUnseen("@direct", 1000);
  for (let at = 0; unread.nextGap(); at += 1) {
    assert.ok(at < 3);
    const { after } = unread.nextGap();
    const page = makeEvents(after + 1, after + 70, DIRECT);
    for (const event of page) unread.onEvent(event, false);
    unread.fillGap("@direct", page, true);
  }
  assert.equal(unread.countIn("@direct"), 100);
});

test("what is seen meanwhile need not be read", () => {
  const unread = new Unread();
  unread.noteUnseen("@direct", 7);
  unread.markRead("@direct", 7);
  assert.equal(unread.nextGap(), null);
  unread.noteUnseen("@other", 7);
  unread.dropGap("@other");
  assert.equal(unread.nextGap(), null);
});

test("marks of all rooms are kept, and not without end; rubbish is not taken for marks", () => {
  const unread = new Unread({ junk: "x" });
  for (let each = 0; each < 2000; each += 1) unread.markRead(`@${each}`, 1);
  unread.markRead("lobby", 9);
  const kept = JSON.parse(JSON.stringify(unread));
  assert.ok(Object.keys(kept).length <= 500);
  assert.ok(!("junk" in kept) && kept.lobby === 9 && kept["@1999"] === 1);
});
