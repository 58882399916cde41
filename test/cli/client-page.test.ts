import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toBase64Url } from "../../src/base/bytes.ts";
import { CLIENT_CODES } from "../../src/client/errors.ts";
import type { SeatEvents, SeatkeeperEvents } from "../../src/client/index.ts";
import { aDaemon, emptyFolder, root } from "../daemon/given.ts";
import { Terminal } from "../support/terminal.ts";

const top = new URL("../..", import.meta.url).pathname;
const page = readFileSync(`${top}docs/CLIENT.md`, "utf8");

/** The words in code style that begin the rows of a table, and the cell beside each. */
function rowsOf(name: string): readonly (readonly [word: string, beside: string])[] {
  const [, table = ""] = page.split(`<!-- table: ${name} -->`);
  const [rows = ""] = table.split("<!-- end -->");
  return [...rows.matchAll(/^\| `([^`]+)` \| ([^|]*) \|/gm)].map(([, word = "", beside = ""]) => [
    word,
    beside,
  ]);
}

const wordsOf = (name: string): readonly string[] => rowsOf(name).map(([word]) => word);

/** Variables that the sources read from the environment, or set for a command. */
function variables(): ReadonlySet<string> {
  const folder = `${top}src/`;
  const texts = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    // What the service manager sets is for the daemon alone.
    .filter((path) => !path.startsWith("systemd/"))
    .map((path) => readFileSync(folder + path, "utf8"));
  const found = texts.flatMap((text) => [
    ...[...text.matchAll(/env\["([A-Z_]+)"\]/g)].map(([, name = ""]) => name),
    ...[...text.matchAll(/\b(SEATKEEPER_[A-Z]+): /g)].map(([, name = ""]) => name),
  ]);
  return new Set(found);
}

describe("docs/CLIENT.md", () => {
  it("begins with a program that runs as it stands there", async () => {
    const daemon = await aDaemon(undefined, { tls: { mode: "self-made" } });
    const [, program = ""] = /```js\n(.*?)```/s.exec(page) ?? [];
    const terminal = new Terminal(emptyFolder());
    const own = program
      .replace('"seatkeeper/client"', JSON.stringify(join(top, "dist/client/index.js")))
      .replace("wss://license-host:7328", daemon.url)
      .replace("ACME_ROOT_KEY", JSON.stringify(toBase64Url(root.publicKey)));
    const work = 'async function work() { console.log("working"); }\n';
    writeFileSync(terminal.path("program.mjs"), own + work);
    expect(await terminal.type("node program.mjs")).toEqual({
      code: 0,
      stdout: "working\n",
      stderr: "",
    });
    const { vendors } = await daemon.admin.status();
    expect(vendors[0]?.meters).toMatchObject([{ meter: "render.minutes", used: 12 }]);
    expect((await daemon.admin.seats()).seats).toEqual([]);
  });

  it("lists every option of seatkeeper run", async () => {
    const { stdout } = await new Terminal(emptyFolder()).type("seatkeeper run --help");
    const options = [...stdout.matchAll(/^ {2,6}(?:-\w, )?(--[\w-]+)/gm)].map(([, name]) => name);
    const own = options.filter((name) => name !== "--help" && name !== "--version");
    expect(wordsOf("run")).toEqual(own);
  });

  it("lists every variable of the environment that is read or set", () => {
    expect(wordsOf("environment").toSorted()).toEqual([...variables()].toSorted());
  });

  it("lists every event, and whose it is", () => {
    // The compiler sees to it that none is missing here.
    const ofSeat: Readonly<Record<keyof SeatEvents, true>> = {
      lost: true,
      regained: true,
      expiring: true,
    };
    const ofKeeper: Readonly<Record<keyof SeatkeeperEvents, true>> = {
      ...ofSeat,
      granted: true,
      slept: true,
      connected: true,
      disconnected: true,
      licenseExpiring: true,
      draining: true,
      quota: true,
      borrowEnding: true,
      contradicted: true,
      superseded: true,
      untold: true,
      refused: true,
    };
    const rows = Object.keys(ofKeeper).map((name) => [
      name,
      name in ofSeat ? "seat, seatkeeper" : "seatkeeper",
    ]);
    expect(rowsOf("events")).toEqual(rows);
  });

  it("lists every code of the client", () => {
    expect(wordsOf("errors")).toEqual(CLIENT_CODES);
  });

  it("points to places that exist in the other pages", () => {
    const links = [...page.matchAll(/\]\(([\w./-]+\.md)#([\w-]+)\)/g)];
    expect(links.length).toBeGreaterThan(4);
    for (const [, path = "", anchor] of links) {
      const other = readFileSync(`${top}docs/${path}`, "utf8");
      const headings = [...other.matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) =>
        text
          .toLowerCase()
          .replaceAll(/[^\w -]/g, "")
          .replaceAll(" ", "-"),
      );
      expect(headings).toContain(anchor);
    }
  });
});
