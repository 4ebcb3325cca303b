import assert from "node:assert/strict";
import { test } from "node:test";
import { Unread } from "../../../static/js/models/unread.js";
import { line, lines } from "../make.js";

const DIRECT = { Room: "@direct" };

test("messages of others count, once each; coming and going does not", () => {
  const unread = new Unread();
  unread.heard(line(1, DIRECT), false);
  unread.heard(line(1, DIRECT), false);
  unread.heard(line(2, { ...DIRECT, EvtType: "join" }), false);
  unread.heard(line(3, DIRECT), true);
  assert.equal(unread.of("@direct"), 1);
});

test("what is seen counts no more", () => {
  const unread = new Unread();
  unread.heard(line(1, DIRECT), false);
  unread.seen("@direct", 4);
  unread.heard(line(4, DIRECT), false);
  assert.equal(unread.of("@direct"), 0);
  unread.heard(line(5, DIRECT), false);
  assert.equal(unread.of("@direct"), 1);
});

test("what came while the page was away counts once, live or listed", () => {
  const unread = new Unread({ "@direct": 5 });
  unread.missed("@direct", 7);
  unread.missed("@direct", 7);
  assert.deepEqual(unread.gap(), { room: "@direct", after: 5 });
  unread.heard(line(8, DIRECT), false);
  for (const Seq of [6, 7, 8]) unread.heard(line(Seq, DIRECT), false);
  unread.filled("@direct", lines(6, 8), false);
  assert.deepEqual([unread.of("@direct"), unread.gap()], [3, null]);
});

test("one's own messages elsewhere leave nothing unread", () => {
  const unread = new Unread({ "@direct": 5 });
  unread.heard(line(6, DIRECT), true);
  unread.missed("@direct", 6);
  assert.equal(unread.of("@direct"), 0);
});

test("another tab's marks clear what it has seen, and no newer things", () => {
  const unread = new Unread();
  unread.heard(line(3, DIRECT), false);
  unread.seenElsewhere({ "@direct": 2 });
  assert.equal(unread.of("@direct"), 1);
  unread.seenElsewhere({ "@direct": 3 });
  assert.equal(unread.of("@direct"), 0);
});

test("what was said and deleted does not count, neither live nor while the page was away", () => {
  const unread = new Unread({ "@direct": 5 });
  unread.missed("@direct", 9);
  const gone = { ...DIRECT, Text: "", Rev: 8 };
  for (const event of [line(6, gone), line(7, DIRECT), line(8, { ...DIRECT, EvtType: "delete", Ref: 6 })]) unread.heard(event, false);
  unread.heard(line(9, { ...DIRECT, EvtType: "edit", Ref: 7 }), false);
  unread.filled("@direct", [line(9)], false);
  assert.equal(unread.of("@direct"), 1);
  unread.heard(line(10, { ...DIRECT, EvtType: "delete", Ref: 7 }), false);
  assert.deepEqual([unread.of("@direct"), unread.rooms()], [0, []]);
});

test("a long absence is read until nobody can tell the number apart", () => {
  const unread = new Unread({ "@direct": 0 });
  unread.missed("@direct", 1000);
  for (let at = 0; unread.gap(); at += 1) {
    assert.ok(at < 3);
    const { after } = unread.gap();
    const page = lines(after + 1, after + 70, DIRECT);
    for (const event of page) unread.heard(event, false);
    unread.filled("@direct", page, true);
  }
  assert.equal(unread.of("@direct"), 100);
});

test("what is seen meanwhile need not be read", () => {
  const unread = new Unread();
  unread.missed("@direct", 7);
  unread.seen("@direct", 7);
  assert.equal(unread.gap(), null);
  unread.missed("@other", 7);
  unread.giveUp("@other");
  assert.equal(unread.gap(), null);
});

test("marks of all rooms are kept, and not without end; rubbish is not taken for marks", () => {
  const unread = new Unread({ junk: "x" });
  for (let each = 0; each < 2000; each += 1) unread.seen(`@${each}`, 1);
  unread.seen("lobby", 9);
  const kept = JSON.parse(JSON.stringify(unread));
  assert.ok(Object.keys(kept).length <= 500);
  assert.ok(!("junk" in kept) && kept.lobby === 9 && kept["@1999"] === 1);
});
