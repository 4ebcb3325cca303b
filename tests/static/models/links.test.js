import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, piecesOf } from "../../../static/js/models/links.js";

const linksIn = (text) => piecesOf(text).filter(({ link }) => link).map((piece) => piece.text);

test("only http links are links, without the punctuation behind them", () => {
  assert.deepEqual(piecesOf("see https://a.b/c?d=1#e. javascript:alert(1) data:x"), [
    { text: "see ", link: false },
    { text: "https://a.b/c?d=1#e", link: true },
    { text: ". javascript:alert(1) data:x", link: false },
  ]);
  assert.deepEqual(piecesOf(""), []);
});

test("pieces put together are the text", () => {
  for (const text of ["http://", "https://x", "a http://b, (http://c) <http://d>", "\nhttp://e\n"]) {
    assert.equal(piecesOf(text).map((piece) => piece.text).join(""), text);
  }
});

test("a bracket that the link opens is its own", () => {
  const whole = [
    "https://en.wikipedia.org/wiki/Tester_(surname)", "https://a.b/?d=[1]", "https://a.b/{x}", "https://a.b/f((x))",
    "https://[::1]:8080/x", "https://a.b/x_", "https://a.b/c/",
  ];
  for (const link of whole) assert.deepEqual(linksIn(`${link} (${link}), [${link}]. “${link}”`), [link, link, link, link]);
});

test("the sentence's punctuation is not, in any script", () => {
  const link = "https://a.example/x";
  for (const end of [..."。、！？」』）】〉》｝］，；：؟،؛।…‽»”’'\"!?.,;:)]}>*", ").", "!?", "」。", "\u202e"]) {
    assert.deepEqual(linksIn(`${link}${end}`), [link], end);
  }
  assert.deepEqual(linksIn("見て「https://a.example/x」。https://a.example/東京、と"), [link, "https://a.example/東京"]);
});

test("schemes in any case, hosts of any script, www without a scheme", () => {
  const links = ["HTTPS://A.example/x", "Http://b.example", "https://bücher.example/ü", "https://例え.jp/パス", "www.example.org"];
  for (const link of links) assert.deepEqual(linksIn(`see ${link}.`), [link]);
  assert.equal(addressOf("WWW.example.org/a"), "https://WWW.example.org/a");
  assert.equal(addressOf("HTTP://a.b"), "HTTP://a.b");
});

test("what is no address, or hides one, stays text", () => {
  const texts = [
    "http://", "https://.", "xhttps://a.b", "javascript:alert(1)", "data:text/html,x", "JAVASCRIPT://a.b/%0aalert(1)",
    "ftp://a.b", "file:///etc/passwd", "https://bank.example@evil.example/", "https://:pw@evil.example", "www.", "a@www.x.org",
    "https://exa mple", "vbscript://a.b", "//a.b",
  ];
  for (const text of texts) for (const link of linksIn(text)) assert.doesNotMatch(link, /@|^[^hw]/i, text);
  assert.deepEqual(texts.slice(0, 13).flatMap(linksIn), ["https://exa"]);
});

test("long texts made for it take no time", () => {
  const began = performance.now();
  for (const part of ["https://a", "(", "https://a.b/(", ")", "www.", "https://", "。"]) {
    const text = `https://a.b/${part.repeat(4000 / part.length)}`;
    assert.equal(piecesOf(text).map((piece) => piece.text).join(""), text);
  }
  assert.ok(performance.now() - began < 500);
});
