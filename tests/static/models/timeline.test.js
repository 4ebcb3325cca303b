import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "../../../static/js/models/timeline.js";
import { makeEvent, makeEvents, range, seqs } from "../make.js";

function heard(events, limit) {
  const timeline = new Timeline(limit);
  for (const event of events) timeline.apply(event);
  return timeline;
}

test("a repeated event is there once", () => {
  const timeline = heard(makeEvents(1, 3));
  assert.equal(timeline.apply(makeEvent(2)), false);
  assert.deepEqual(seqs(timeline.events), [1, 2, 3]);
});

test("older pages go in front, overlaps are merged, Seq 1 is the end", () => {
  const timeline = heard(makeEvents(21, 25));
  assert.deepEqual(timeline.olderPage(), { before: 21 });
  timeline.addOlder({ before: 21 }, { events: makeEvents(11, 22), more: true });
  assert.deepEqual(seqs(timeline.events), range(11, 25));
  timeline.addOlder({ before: 11 }, { events: makeEvents(1, 10), more: false });
  assert.deepEqual(seqs(timeline.events), range(1, 25));
  assert.equal(timeline.olderPage(), null);
  assert.equal(timeline.head, 25);
});

test("a page that answers an older question than the window is left out", () => {
  const timeline = heard(makeEvents(21, 25));
  timeline.clear();
  timeline.apply(makeEvent(90));
  timeline.addOlder({ before: 21 }, { events: makeEvents(11, 20), more: true });
  assert.deepEqual(seqs(timeline.events), [90]);
});

test("older pages wait until a replay is complete", () => {
  const timeline = new Timeline();
  timeline.expected = 52;
  timeline.apply(makeEvent(51));
  assert.equal(timeline.olderPage(), null);
  timeline.apply(makeEvent(52));
  assert.deepEqual(timeline.olderPage(), { before: 51 });
});

test("a room without lines asks for its newest page once", () => {
  const timeline = new Timeline();
  assert.deepEqual(timeline.olderPage(), {});
  timeline.addOlder({}, { events: [], more: false });
  assert.equal(timeline.olderPage(), null);
});

test("an edit and then a delete change the message, older ones do not", () => {
  const timeline = heard(makeEvents(1, 3));
  const untouched = timeline.events[0];
  timeline.apply(makeEvent(4, { EvtType: "edit", Ref: 2, Text: "better" }));
  assert.deepEqual([timeline.events[1].Text, timeline.events[1].Rev], ["better", 4]);
  timeline.apply(makeEvent(5, { EvtType: "delete", Ref: 2, Text: "" }));
  assert.deepEqual([timeline.events[1].Text, timeline.events[1].Rev], ["", 5]);
  assert.equal(timeline.events[0], untouched);
});

test("a message that history gives with its change is not changed back", () => {
  const timeline = heard([makeEvent(30)]);
  const page = [makeEvent(7, { Text: "third", Rev: 25 }), makeEvent(8, { EvtType: "edit", Ref: 7, Text: "second" })];
  timeline.addOlder({ before: 30 }, { events: page, more: true });
  assert.equal(timeline.events[0].Text, "third");
});

test("a change heard while an older page was on its way is applied to it", () => {
  const timeline = heard([makeEvent(30), makeEvent(31, { EvtType: "delete", Ref: 7, Text: "" })]);
  timeline.addOlder({ before: 30 }, { events: [makeEvent(7)], more: true });
  assert.deepEqual([timeline.events[0].Text, timeline.events[0].Rev], ["", 31]);
});

test("the window is bounded: the oldest lines go, and can be read again", () => {
  const timeline = heard(makeEvents(1, 12), 10);
  assert.deepEqual(seqs(timeline.events), range(3, 12));
  assert.deepEqual(timeline.olderPage(), { before: 3 });
});

test("who follows the newest lines keeps few, who reads up keeps more", () => {
  const timeline = new Timeline(10, 4);
  for (const event of makeEvents(101, 106)) timeline.apply(event);
  assert.deepEqual(seqs(timeline.events), range(103, 106));
  timeline.addOlder({ before: 103 }, { events: makeEvents(98, 102), more: true });
  timeline.apply(makeEvent(107), true);
  assert.deepEqual(seqs(timeline.events), range(98, 107));
  timeline.apply(makeEvent(108));
  assert.deepEqual(seqs(timeline.events), range(105, 108));
  assert.deepEqual(timeline.olderPage(), { before: 105 });
});

test("who reads far up keeps the place: the newest lines go, and come again below", () => {
  const timeline = heard(makeEvents(101, 110), 10);
  timeline.addOlder({ before: 101 }, { events: makeEvents(96, 100), more: true });
  assert.deepEqual(seqs(timeline.events), range(96, 105));
  timeline.apply(makeEvent(111), true);
  assert.equal(timeline.head, 111);
  assert.deepEqual(timeline.newerPage(), { after: 105 });
  timeline.addNewer({ after: 105 }, { events: makeEvents(106, 110), more: true });
  assert.deepEqual(timeline.newerPage(), { after: 110 });
  timeline.addNewer({ after: 110 }, { events: [makeEvent(111)], more: false });
  assert.deepEqual(seqs(timeline.events), range(102, 111));
  assert.equal(timeline.newerPage(), null);
});

test("returning to the latest asks for the newest page", () => {
  const timeline = heard(makeEvents(101, 110), 10);
  timeline.addOlder({ before: 101 }, { events: makeEvents(91, 100), more: true });
  timeline.returnToLatest();
  assert.deepEqual([timeline.newerPage(), timeline.olderPage()], [{}, null]);
  timeline.addNewer({}, { events: makeEvents(108, 110), more: true });
  assert.deepEqual(seqs(timeline.events), [108, 109, 110]);
  assert.equal(timeline.newerPage(), null);
});

test("any order of hearing and reading gives each event once, in order, without a hole", () => {
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 300; round += 1) {
    const timeline = new Timeline(8);
    let head = 20;
    const asked = [];
    for (let step = 0; step < 60; step += 1) {
      const what = random(6);
      if (what <= 1) timeline.apply(makeEvent(++head), random(2) === 1);
      else if (what === 2) asked.push(["addOlder", timeline.olderPage()]);
      else if (what === 3) asked.push(["addNewer", timeline.newerPage()]);
      else if (what === 4 && random(4) === 0) timeline.returnToLatest();
      else if (asked.length) {
        const [way, page] = asked.shift();
        if (page === null) continue;
        const from = page.after ? page.after + 1 : Math.max(1, (page.before ?? head + 1) - 3);
        const to = page.after ? Math.min(head, page.after + 3) : (page.before ?? head + 1) - 1;
        timeline[way](page, { events: makeEvents(from, to), more: page.after ? to < head : from > 1 });
      }
      if (timeline.events.length) assert.deepEqual(seqs(timeline.events), range(timeline.first, timeline.last));
      assert.ok(timeline.events.length <= 8);
      if (!timeline.detached && timeline.events.length) assert.equal(timeline.last, timeline.head);
    }
  }
});
