import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import { Memory } from "../../static/js/models/identity.js";
import { Kept } from "../../static/js/storage.js";
import { Shelf } from "./make.js";

globalThis.crypto ??= webcrypto; // node 18, which Debian 12 has, keeps it elsewhere
const NOW = 1_790_000_000_000;

/** A browser; each of its tabs has a shelf of its own. */
const load = (browser, tab) => new Kept(new Memory(browser), new Memory(tab));
const texts = ({ outbox }) => outbox.entries.map(({ text }) => text);

function joined(kept) {
  const chat = kept.chat(NOW);
  chat.show("dev");
  chat.joined({ user: "ann", uid: "uid-ann", room: "dev", epoch: "e", seq: 0, count: 1, version: 1 });
  return chat;
}

test("a reload finds the person, the rooms and what waits, in order", () => {
  const [browser, tab] = [new Shelf(), new Shelf()];
  const kept = load(browser, tab);
  const chat = joined(kept);
  chat.outbox.add("m1", "dev", "one", NOW);
  chat.outbox.add("m2", "dev", "two", NOW);
  kept.rememberOutbox(chat);
  kept.remember(chat);
  const again = load(browser, tab).chat(NOW + 1);
  assert.deepEqual([again.user, again.uid, again.openRooms()], ["ann", "uid-ann", ["dev"]]);
  assert.deepEqual(texts(again), ["one", "two"]);
});

test("what was sent, given up or accepted is not found again", () => {
  const [browser, tab] = [new Shelf(), new Shelf()];
  const kept = load(browser, tab);
  const chat = joined(kept);
  for (const id of ["m1", "m2", "m3"]) chat.outbox.add(id, "dev", id, NOW);
  kept.rememberOutbox(chat);
  chat.outbox.discard("m1");
  chat.outbox.acked("m2", 9);
  kept.rememberOutbox(chat);
  assert.deepEqual(texts(load(browser, tab).chat(NOW)), ["m3"]);
});

test("another tab, and another person in this tab, do not find it", () => {
  const [browser, tab] = [new Shelf(), new Shelf()];
  const kept = load(browser, tab);
  const chat = joined(kept);
  chat.outbox.add("m1", "dev", "mine", NOW);
  kept.rememberOutbox(chat);
  assert.deepEqual(texts(load(browser, new Shelf()).chat(NOW)), []);
  assert.deepEqual(texts(load(new Shelf(), tab).chat(NOW)), []);
});

test("drafts are found again in their tab, if they are not too long", () => {
  const [browser, tab] = [new Shelf(), new Shelf()];
  const drafts = new Map([["novel", "x".repeat(1_000_001)], ["dev", "half a "], ["long", "x".repeat(30_000)], ["@x", " é\n"]]);
  assert.deepEqual(load(browser, tab).keepDrafts(drafts), ["novel"]);
  drafts.delete("novel");
  assert.deepEqual(load(browser, tab).drafts, drafts);
  assert.deepEqual(load(browser, new Shelf()).drafts, new Map());
  for (const rubbish of [5, "text", [null], { dev: 7 }]) {
    new Memory(tab).set("drafts", rubbish);
    for (const text of load(browser, tab).drafts.values()) assert.equal(typeof text, "string");
  }
});

test("a room in which something waits is entered again", () => {
  const [browser, tab] = [new Shelf(), new Shelf()];
  const kept = load(browser, tab);
  const chat = joined(kept);
  chat.outbox.add("m1", "dev", "in a room", NOW);
  chat.outbox.add("m2", "@direct", "in private", NOW);
  kept.rememberOutbox(chat);
  browser.items.delete("hubbub.rooms");
  assert.deepEqual(load(browser, tab).chat(NOW).openRooms(), ["dev"]);
});

test("a name that another tab has changed meanwhile is not changed back by one without a connection", () => {
  const browser = new Shelf();
  const kept = load(browser, new Shelf());
  const chat = joined(kept);
  kept.remember(chat);
  chat.disconnected(NOW);
  load(browser, new Shelf()).identity.name = "zoe";
  kept.remember(chat);
  assert.equal(kept.identity.name, "zoe");
});

test("what another program left there breaks nothing", () => {
  for (const junk of ["null", "5", '"x"', "[]", "[null]", "{}", '{"entries": 5}', '[{"id": 1}]', "{not JSON"]) {
    const [browser, tab] = [new Shelf(), new Shelf()];
    for (const name of ["rooms", "outbox"]) tab.setItem(`hubbub.${name}`, junk);
    browser.setItem("hubbub.seen", junk);
    const kept = load(browser, tab);
    const chat = kept.chat(NOW);
    chat.show("lobby");
    kept.remember(chat);
    assert.deepEqual(texts(chat), []);
  }
});

test("where nothing can be kept, or no more, this load has it all", () => {
  const full = new Shelf();
  full.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  for (const shelf of [null, full]) {
    const kept = load(shelf, shelf);
    const chat = joined(kept);
    chat.outbox.add("m1", "dev", "mine", NOW);
    kept.rememberOutbox(chat);
    kept.remember(chat);
    assert.deepEqual(texts(kept.chat(NOW)), ["mine"]);
  }
});

test("a rename that the browser does not take is not undone, here or at the next load", () => {
  const browser = new Shelf();
  const memory = new Memory(browser);
  memory.set("name", "ann");
  browser.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  assert.equal(memory.set("name", "zoe"), false);
  assert.equal(memory.get("name", ""), "zoe");
  browser.removeItem = (name) => void browser.items.delete(name);
  assert.equal(memory.set("name", "zoë"), false);
  assert.deepEqual([memory.get("name", ""), new Memory(browser).get("name", "")], ["zoë", ""]);
});

test("rooms belong to the browser: what one tab enters or leaves, the others do too", () => {
  const browser = new Shelf();
  const tabs = [1, 2].map(() => {
    const kept = load(browser, new Shelf());
    const chat = kept.chat(NOW);
    chat.show("lobby");
    kept.remember(chat);
    return { kept, chat };
  });
  const [one, two] = tabs;
  for (const room of ["a", "b"]) one.chat.follow(room);
  two.chat.follow("c");
  for (const { kept, chat } of [one, two, one]) kept.remember(chat);
  for (const { chat } of tabs) assert.deepEqual(chat.openRooms().sort(), ["a", "b", "c", "lobby"]);
  one.chat.drop("a");
  two.chat.show("b");
  one.chat.drop("b");
  one.kept.remember(one.chat);
  two.kept.recall(two.chat);
  assert.deepEqual(two.chat.openRooms().sort(), ["b", "c", "lobby"], "the room that it shows stays");
  assert.deepEqual(two.chat.leaving, ["a"]);
  for (const { kept, chat } of [two, one]) kept.remember(chat);
  assert.deepEqual(one.chat.openRooms().sort(), ["c", "lobby"]);
  two.chat.show("c");
  two.kept.recall(two.chat);
  assert.deepEqual(two.chat.openRooms().sort(), ["c", "lobby"]);
  assert.deepEqual(load(browser, new Shelf()).chat(NOW).openRooms().sort(), ["c", "lobby"]);
});

test("what was read in public rooms and which conversations were closed is kept", () => {
  const browser = new Shelf();
  const kept = load(browser, new Shelf());
  const chat = joined(kept);
  chat.unread.seen("dev", 7);
  chat.listing.close("@x", 5);
  kept.remember(chat);
  const again = load(browser, new Shelf()).chat(NOW);
  assert.deepEqual([again.unread.knows("dev"), again.listing.isOpen("@x", 5), again.listing.isOpen("@x", 6)], [true, false, true]);
  again.follow("dev");
  again.joined({ user: "ann", uid: "uid-ann", room: "dev", epoch: "e", seq: 9, count: 1, version: 1 });
  for (const Seq of [7, 8, 9]) again.heard({ EvtType: "message", Room: "dev", Seq, Uid: "u", User: "u", Text: "x" });
  assert.equal(again.unread.of("dev"), 2);
});
