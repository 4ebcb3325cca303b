import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import { JsonStorage, SavedState } from "../../static/js/storage.js";
import { Shelf } from "./make.js";

globalThis.crypto ??= webcrypto; // node 18, which Debian 12 has, keeps it elsewhere
const NOW = 1_790_000_000_000;

/** A browser; each of its tabs has a shelf of its own. */
const load = (browser, tab) => new SavedState(new JsonStorage(browser), new JsonStorage(tab));
const texts = ({ outbox }) => outbox.entries.map(({ text }) => text);

function joined(saved) {
  const chat = saved.restoreChat(NOW);
  chat.show("dev");
  chat.onJoined({ user: "ann", uid: "uid-ann", room: "dev", epoch: "e", seq: 0, count: 1, version: 1 });
  return chat;
}

test("a reload finds the person, the rooms and what waits, in order", () => {
  const [browser, tab] = [new Shelf(), new Shelf()];
  const saved = load(browser, tab);
  const chat = joined(saved);
  chat.outbox.add("m1", "dev", "one", NOW);
  chat.outbox.add("m2", "dev", "two", NOW);
  saved.saveOutbox(chat);
  saved.save(chat);
  const again = load(browser, tab).restoreChat(NOW + 1);
  assert.deepEqual([again.user, again.uid, again.openRooms()], ["ann", "uid-ann", ["dev"]]);
  assert.deepEqual(texts(again), ["one", "two"]);
});

test("what was sent, given up or accepted is not found again", () => {
  const [browser, tab] = [new Shelf(), new Shelf()];
  const saved = load(browser, tab);
  const chat = joined(saved);
  for (const id of ["m1", "m2", "m3"]) chat.outbox.add(id, "dev", id, NOW);
  saved.saveOutbox(chat);
  chat.outbox.discard("m1");
  chat.outbox.markAccepted("m2", 9);
  saved.saveOutbox(chat);
  assert.deepEqual(texts(load(browser, tab).restoreChat(NOW)), ["m3"]);
});

test("another tab, and another person in this tab, do not find it", () => {
  const [browser, tab] = [new Shelf(), new Shelf()];
  const saved = load(browser, tab);
  const chat = joined(saved);
  chat.outbox.add("m1", "dev", "mine", NOW);
  saved.saveOutbox(chat);
  assert.deepEqual(texts(load(browser, new Shelf()).restoreChat(NOW)), []);
  assert.deepEqual(texts(load(new Shelf(), tab).restoreChat(NOW)), []);
});

test("drafts are found again in their tab, if they are not too long", () => {
  const [browser, tab] = [new Shelf(), new Shelf()];
  const drafts = new Map([["novel", "x".repeat(1_000_001)], ["dev", "half a "], ["long", "x".repeat(30_000)], ["@x", " é\n"]]);
  assert.deepEqual(load(browser, tab).saveDrafts(drafts), ["novel"]);
  drafts.delete("novel");
  assert.deepEqual(load(browser, tab).drafts, drafts);
  assert.deepEqual(load(browser, new Shelf()).drafts, new Map());
  for (const rubbish of [5, "text", [null], { dev: 7 }]) {
    new JsonStorage(tab).set("drafts", rubbish);
    for (const text of load(browser, tab).drafts.values()) assert.equal(typeof text, "string");
  }
});

test("a room in which something waits is entered again", () => {
  const [browser, tab] = [new Shelf(), new Shelf()];
  const saved = load(browser, tab);
  const chat = joined(saved);
  chat.outbox.add("m1", "dev", "in a room", NOW);
  chat.outbox.add("m2", "@direct", "in private", NOW);
  saved.saveOutbox(chat);
  browser.items.delete("hubbub.rooms");
  assert.deepEqual(load(browser, tab).restoreChat(NOW).openRooms(), ["dev"]);
});

test("a name that another tab has changed meanwhile is not changed back by one without a connection", () => {
  const browser = new Shelf();
  const saved = load(browser, new Shelf());
  const chat = joined(saved);
  saved.save(chat);
  chat.onDisconnected(NOW);
  load(browser, new Shelf()).identity.name = "zoe";
  saved.save(chat);
  assert.equal(saved.identity.name, "zoe");
});

test("what another program left there breaks nothing", () => {
  for (const junk of ["null", "5", '"x"', "[]", "[null]", "{}", '{"entries": 5}', '[{"id": 1}]', "{not JSON"]) {
    const [browser, tab] = [new Shelf(), new Shelf()];
    for (const name of ["rooms", "outbox"]) tab.setItem(`hubbub.${name}`, junk);
    browser.setItem("hubbub.seen", junk);
    const saved = load(browser, tab);
    const chat = saved.restoreChat(NOW);
    chat.show("lobby");
    saved.save(chat);
    assert.deepEqual(texts(chat), []);
  }
});

test("where nothing can be saved, or no more, this load has it all", () => {
  const full = new Shelf();
  full.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  for (const shelf of [null, full]) {
    const saved = load(shelf, shelf);
    const chat = joined(saved);
    chat.outbox.add("m1", "dev", "mine", NOW);
    saved.saveOutbox(chat);
    saved.save(chat);
    assert.deepEqual(texts(saved.restoreChat(NOW)), ["mine"]);
  }
});

test("a rename that the browser does not take is not undone, here or at the next load", () => {
  const browser = new Shelf();
  const memory = new JsonStorage(browser);
  memory.set("name", "ann");
  browser.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  assert.equal(memory.set("name", "zoe"), false);
  assert.equal(memory.get("name", ""), "zoe");
  browser.removeItem = (name) => void browser.items.delete(name);
  assert.equal(memory.set("name", "zoë"), false);
  assert.deepEqual([memory.get("name", ""), new JsonStorage(browser).get("name", "")], ["zoë", ""]);
});

test("rooms belong to the browser: what one tab enters or leaves, the others do too", () => {
  const browser = new Shelf();
  const tabs = [1, 2].map(() => {
    const saved = load(browser, new Shelf());
    const chat = saved.restoreChat(NOW);
    chat.show("lobby");
    saved.save(chat);
    return { saved, chat };
  });
  const [one, two] = tabs;
  for (const room of ["a", "b"]) one.chat.follow(room);
  two.chat.follow("c");
  for (const { saved, chat } of [one, two, one]) saved.save(chat);
  for (const { chat } of tabs) assert.deepEqual(chat.openRooms().sort(), ["a", "b", "c", "lobby"]);
  one.chat.unfollow("a");
  two.chat.show("b");
  one.chat.unfollow("b");
  one.saved.save(one.chat);
  two.chat.roomList.stale = false;
  two.saved.mergeOtherTabs(two.chat);
  assert.deepEqual(two.chat.openRooms().sort(), ["b", "c", "lobby"], "the room that it shows stays");
  assert.deepEqual(two.chat.leaving, ["a"]);
  assert.ok(two.chat.roomList.stale, "the room that was left may be empty now, and in no list");
  for (const { saved, chat } of [two, one]) saved.save(chat);
  assert.deepEqual(one.chat.openRooms().sort(), ["c", "lobby"]);
  two.chat.show("c");
  two.saved.mergeOtherTabs(two.chat);
  assert.deepEqual(two.chat.openRooms().sort(), ["c", "lobby"]);
  assert.deepEqual(load(browser, new Shelf()).restoreChat(NOW).openRooms().sort(), ["c", "lobby"]);
});

test("what was read in public rooms and which conversations were closed is kept", () => {
  const browser = new Shelf();
  const saved = load(browser, new Shelf());
  const chat = joined(saved);
  chat.unread.markRead("dev", 7);
  chat.roomList.close("@x", 5);
  saved.save(chat);
  const again = load(browser, new Shelf()).restoreChat(NOW);
  assert.deepEqual([again.unread.hasMark("dev"), again.roomList.isOpen("@x", 5), again.roomList.isOpen("@x", 6)], [true, false, true]);
  again.follow("dev");
  again.onJoined({ user: "ann", uid: "uid-ann", room: "dev", epoch: "e", seq: 9, count: 1, version: 1 });
  for (const Seq of [7, 8, 9]) again.onEvent({ EvtType: "message", Room: "dev", Seq, Uid: "u", User: "u", Text: "x" });
  assert.equal(again.unread.countIn("dev"), 2);
});
