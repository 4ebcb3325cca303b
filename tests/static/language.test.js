import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseLanguage, clock, pieces, say, words } from "../../static/js/language.js";
import { typingPieces } from "../../static/js/views/view_models.js";

test("times are written as in the reader's language", () => {
  const noon = new Date(2026, 10, 27, 15, 18).getTime() / 1000;
  const written = (locale) => clock(noon, new Intl.DateTimeFormat(locale, { timeStyle: "short" }));
  assert.equal(written("en-US").replace(/\s/u, " "), "3:18 PM");
  assert.equal(written("de"), "15:18");
  assert.match(written("ar-EG"), /٣:١٨/);
  assert.equal(clock(noon), written(undefined));
});

test("the reader's first known language is chosen, else the page's own", () => {
  const languages = ["en", "pt-BR", "ar"].map((lang) => ({ lang }));
  const chosen = (...tags) => chooseLanguage(languages, tags).lang;
  assert.deepEqual([chosen("ar-EG", "en"), chosen("de", "PT"), chosen("de", "fr"), chosen()], ["ar", "pt-BR", "en", "en"]);
});

test("a text is filled with names, numbers and lists; its form goes by the count", () => {
  assert.equal(say(words.unsent, { count: 1 }), "1 message is not sent yet.");
  assert.equal(say(words.unsent, { count: 1200 }), "1,200 messages are not sent yet.");
  assert.equal(say("{a}: {b}", { a: "{b}", b: "" }), "{b}: ", "a value is no text to be filled");
  assert.deepEqual(pieces("{count} of {name}", { count: 2, name: "ann" }), [{ number: "2" }, { words: " of " }, { name: "ann" }]);
});

test("it is said who is typing, by at most two names", () => {
  const said = (names) => typingPieces(names).map(({ name, words }) => name ?? words).join("");
  assert.equal(said([]), "");
  assert.equal(said(["ann"]), "ann is typing…");
  assert.equal(said(["ann", "bob"]), "ann and bob are typing…");
  assert.equal(said(["ann", "bob", "cy", "dan"]), "ann, bob, and others are typing…");
});
