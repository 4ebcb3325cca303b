import assert from "node:assert/strict";
import { test } from "node:test";
import { Roster } from "../../../static/js/models/roster.js";

const page = (version, users, more = {}) => ({ version, users, count: users.length, more: false, ...more });
const change = (Since, Version, Joined, Left, Count) => ({ Room: "lobby", Since, Version, Joined, Left, Count });

function known(version, users) {
  const roster = new Roster(10);
  roster.startReading();
  roster.addPage(page(version, users));
  return roster;
}

test("names come by page, changes after that, sorted without regard to case", () => {
  const roster = known(5, ["bob", "Ann"]);
  roster.onPresence(change(5, 6, ["cy"], ["bob"], 2));
  assert.deepEqual(roster.sortedNames(), ["Ann", "cy"]);
  assert.deepEqual([roster.count, roster.unnamedCount], [2, 0]);
});

test("nobody is there twice, however often and written they join", () => {
  const roster = known(5, ["ann"]);
  roster.onPresence(change(5, 6, ["ann", "Ann"], [], 1));
  assert.deepEqual(roster.sortedNames(), ["Ann"]);
});

test("a rename shows the new name once", () => {
  const roster = known(5, ["ann", "bob"]);
  roster.onPresence(change(5, 6, ["anna"], ["ann"], 2));
  assert.deepEqual(roster.sortedNames(), ["anna", "bob"]);
});

test("a missed change makes it ask again; the old names stay meanwhile", () => {
  const roster = known(5, ["ann"]);
  roster.onPresence(change(6, 7, ["cy"], [], 3));
  assert.deepEqual([roster.stage, roster.sortedNames(), roster.count], ["unknown", ["ann"], 3]);
});

test("a change that it has already changes nothing", () => {
  const roster = known(5, ["ann"]);
  roster.onPresence(change(4, 5, ["old"], [], 1));
  assert.deepEqual(roster.sortedNames(), ["ann"]);
});

test("changes that come while pages are read are applied after them", () => {
  const roster = new Roster(10);
  assert.deepEqual(roster.startReading(), {});
  assert.deepEqual(roster.addPage(page(5, ["ann", "bob"], { count: 4, more: true })), { after: "bob" });
  roster.onPresence(change(4, 5, ["bob"], [], 4)); // the first page has it
  roster.onPresence(change(5, 6, ["abe"], ["ann"], 4));
  assert.equal(roster.addPage(page(6, ["cy", "dan"], { count: 4 })), null);
  assert.deepEqual(roster.sortedNames(), ["abe", "bob", "cy", "dan"]);
  roster.onPresence(change(6, 7, [], ["dan"], 3));
  assert.deepEqual([roster.stage, roster.sortedNames()], ["known", ["abe", "bob", "cy"]]);
});

test("of a crowd the first page and the count", () => {
  const roster = new Roster(10);
  roster.startReading();
  assert.equal(roster.addPage(page(5, ["ann", "bob"], { count: 9000, more: true })), null);
  roster.onPresence(change(5, 6, [], [], 9001));
  assert.deepEqual([roster.sortedNames(), roster.unnamedCount, roster.stage], [["ann", "bob"], 8999, "known"]);
  roster.onPresence(change(6, 7, [], [], 7)); // small again
  assert.equal(roster.stage, "unknown");
});

test("a room that turns into a crowd and out of it asks again, once each", () => {
  const roster = known(5, ["ann"]);
  roster.onPresence(change(5, 6, [], [], 3));
  assert.equal(roster.stage, "unknown");
  roster.startReading();
  roster.addPage(page(6, ["ann", "bob", "cy"]));
  roster.onPresence(change(6, 7, [], [], 4));
  assert.equal(roster.stage, "known");
  roster.onPresence(change(7, 8, ["dan"], [], 5));
  assert.equal(roster.stage, "unknown");
});

test("of a crowd in which as many came as went it asks again, until it knows that this is one", () => {
  const roster = known(5, ["ann", "bob"]);
  roster.onPresence(change(5, 6, [], [], 2)); // bob went and cy came, or a count was corrected
  assert.deepEqual([roster.stage, roster.crowd], ["unknown", false]);
  roster.startReading();
  roster.addPage(page(6, ["ann", "cy"]));
  assert.deepEqual(roster.sortedNames(), ["ann", "cy"]);
  roster.onPresence(change(6, 7, [], [], 3));
  assert.deepEqual([roster.stage, roster.crowd], ["unknown", true]);
  roster.startReading();
  roster.addPage(page(7, ["ann", "cy", "dan"]));
  roster.onPresence(change(7, 8, [], [], 3));
  assert.equal(roster.stage, "known");
});

test("a join that tells the version it has keeps the names, any other forgets them", () => {
  const roster = known(5, ["ann"]);
  roster.onJoined({ version: 5, count: 1 });
  assert.equal(roster.stage, "known");
  roster.onJoined({ version: 9, count: 2 });
  assert.deepEqual([roster.stage, roster.count], ["unknown", 2]);
});

test("what is held while it asks is bounded", () => {
  const roster = new Roster(10);
  roster.startReading();
  for (let version = 1; version < 1000; version += 1) roster.onPresence(change(version, version + 1, ["x"], [], 1));
  assert.ok(roster.heldChanges.length <= 200);
  assert.equal(roster.addPage(page(1, ["ann"])), null);
  assert.equal(roster.stage, "unknown");
});
