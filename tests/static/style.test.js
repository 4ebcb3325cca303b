import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const style = readFileSync(new URL("../../static/style.css", import.meta.url), "utf8");

test("no colour needs a browser of 2024", () => {
  assert.doesNotMatch(style, /light-dark\(|oklch\(|oklab\(|color-mix\(/);
});

test("the dark page sets every colour that the light one has", () => {
  const [light, dark] = [/^:root \{(.*?)^\}/ms, /prefers-color-scheme: dark\) \{\n {2}:root \{(.*?)^ {2}\}/ms].map((block) =>
    [...style.match(block)[1].matchAll(/--([\w-]+):/g)].map(([, name]) => name),
  );
  assert.deepEqual(dark, light.filter((name) => name !== "top"));
});

const lightness = (colour) => {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

test("the border of a field is told from its ground, light and dark", () => {
  const values = (name) => [...style.matchAll(new RegExp(`--${name}: (#\\w{6})`, "g"))].map(([, colour]) => lightness(colour));
  const [fields, grounds] = [values("field"), values("ground")];
  assert.equal(fields.length, 2);
  for (const [at, field] of fields.entries()) {
    const [high, low] = [field, grounds[at]].sort((a, b) => b - a);
    assert.ok((high + 0.05) / (low + 0.05) >= 3, `WCAG 1.4.11, theme ${at}`);
  }
});
