import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const VENDOR = new URL("../../static/vendor/", import.meta.url);
const listed = new Map(
  readFileSync(new URL("SHA256SUMS", VENDOR), "utf8").trim().split("\n").map((each) => each.split("  ").reverse()),
);

test("files of others are as they were published", () => {
  for (const [name, sum] of listed) {
    const found = createHash("sha256").update(readFileSync(new URL(name, VENDOR))).digest("hex");
    assert.equal(found, sum, name);
  }
});

test("every file of others is listed", () => {
  const files = readdirSync(VENDOR, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  const others = files.map((each) => each.name).filter((name) => !["SHA256SUMS", "README.md"].includes(name));
  assert.deepEqual(others.sort(), [...listed.keys()].map((name) => name.split("/").at(-1)).sort());
});

test("nothing there needs eval, which our Content-Security-Policy forbids", () => {
  for (const name of listed.keys()) {
    if (name.endsWith(".js")) assert.doesNotMatch(readFileSync(new URL(name, VENDOR), "utf8"), /\beval\(|new Function\b/, name);
  }
});
