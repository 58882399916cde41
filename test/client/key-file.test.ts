import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { openClientKey } from "../../src/client/client-key-file.ts";
import { emptyFolder } from "./given.ts";

const refusal = expect.objectContaining({ code: "CLIENT_KEY_FILE" }) as Error;

describe("the client key file", () => {
  it("is made on first use, for its owner alone, and stays the same", async () => {
    const path = join(emptyFolder(), "seatkeeper", "client.key");
    const first = await openClientKey(path);
    const second = await openClientKey(path);
    expect(toHex(second.publicKey)).toBe(toHex(first.publicKey));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
  });

  it("is one line of text", async () => {
    const path = join(emptyFolder(), "client.key");
    await openClientKey(path);
    expect(readFileSync(path, "utf8")).toMatch(/^seatkeeper client key v1 [\w-]{43}\n$/);
  });

  it("is the same for all who ask for it at once, and leaves nothing else behind", async () => {
    const folder = emptyFolder();
    const path = join(folder, "client.key");
    const all = await Promise.all(Array.from({ length: 16 }, () => openClientKey(path)));
    expect(new Set(all.map(({ publicKey }) => toHex(publicKey))).size).toBe(1);
    expect(readdirSync(folder)).toEqual(["client.key"]);
  });

  it.each([
    ["is empty", ""],
    ["is cut short", "seatkeeper client key v1 AAAA\n"],
    ["is of another version", `seatkeeper client key v2 ${"A".repeat(43)}\n`],
    ["was saved with Windows line ends", `seatkeeper client key v1 ${"A".repeat(43)}\r\n`],
    ["has a stray bit in its last character", `seatkeeper client key v1 ${"A".repeat(42)}B\n`],
    ["is far too long", "x".repeat(2_000)],
  ])("is refused, and not overwritten, when it %s", async (_, text) => {
    const path = join(emptyFolder(), "client.key");
    writeFileSync(path, text, { mode: 0o600 });
    await expect(openClientKey(path)).rejects.toThrow(refusal);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("is refused when others may read it", async () => {
    const path = join(emptyFolder(), "client.key");
    await openClientKey(path);
    chmodSync(path, 0o640);
    await expect(openClientKey(path)).rejects.toThrow(refusal);
  });

  // `mkdir` with `recursive` spins there for ever, in a thread that no signal ends.
  it.runIf(process.platform === "linux")(
    "is refused where no folder can be made, as below an automounter whose server is away",
    async () => {
      await expect(openClientKey("/proc/home/ada/client.key")).rejects.toThrow(refusal);
    },
  );

  it("is refused when it is a folder, or lies below a file", async () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, "client.key"));
    writeFileSync(join(folder, "file"), "");
    await expect(openClientKey(join(folder, "client.key"))).rejects.toThrow(refusal);
    await expect(openClientKey(join(folder, "file", "client.key"))).rejects.toThrow(refusal);
  });
});
