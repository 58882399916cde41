import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type GivenDaemon, usualTerms, vendorFile } from "../daemon/given.ts";
import { somebody, Workstation } from "../daemon/workstation.ts";
import { aRuledDaemon } from "../daemon/written-rules.ts";
import { Terminal } from "../support/terminal.ts";

const page = readFileSync(new URL("../../docs/ADMINISTRATION.md", import.meta.url), "utf8");

/** A configuration of the page, and the sessions that are shown below it. */
interface Example {
  readonly heading: string;
  readonly yaml: string;
  /** Who holds what at that moment. */
  readonly held: readonly (readonly [user: string, feature: string])[];
  /** What is licensed, where the example needs another license. */
  readonly terms: object;
  /** Files that lie there: one word of the comment on each line. */
  readonly files: readonly (readonly [name: string, words: string])[];
  /** What is typed, and what is seen, in turn. */
  readonly session: string;
}

const examples = page.split(/^#{2,3} /m).flatMap((section): readonly Example[] => {
  const [heading = ""] = section.split("\n");
  const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(section) ?? [];
  const [, session = ""] = /```console\n(.*?)```/s.exec(section) ?? [];
  // A list of commands alone shows nothing that could be compared.
  const isPlayed = /^\w+\$ /.test(session) && /^(?!\w+\$ )./m.test(session);
  if (yaml === "" && !isPlayed) return [];
  const [, held = ""] = /<!-- held: (.*) -->/.exec(section) ?? [];
  const [, terms] = /<!-- terms: (.*) -->/.exec(section) ?? [];
  return [
    {
      heading,
      yaml: asTom(yaml),
      held: heldIn(asTom(held)),
      terms: terms === undefined ? usualTerms : (JSON.parse(terms) as object),
      files: [...section.matchAll(/<!-- file (\S+): (.*) -->/g)].map(
        ([, name = "", words = ""]) => [name, words],
      ),
      session: asTom(session),
    },
  ];
});

function heldIn(text: string): Example["held"] {
  return [...text.matchAll(/(\w+) ([\w.]+)/g)].map(([, user = "", feature = ""]) => [
    user,
    feature,
  ]);
}

/**
 * Tom is who sits at the workstation: `run` tells the login of the system, so he is whoever runs
 * this test.
 */
function asTom(text: string): string {
  return text.replaceAll(/\btom\b/g, userInfo().username);
}

describe("docs/ADMINISTRATION.md", () => {
  it("has an example of each kind of rule, and sessions for most", () => {
    expect(examples.length).toBeGreaterThan(9);
    expect(examples.filter(({ session }) => session !== "").length).toBeGreaterThan(6);
    const written = examples.map(({ yaml }) => yaml).join("\n");
    for (const kind of [
      "include",
      "exclude",
      "reserve",
      "max",
      "priority",
      "linger",
      "min_lease",
      "idle_timeout",
      "borrow",
      "require_bound",
    ]) {
      expect(written).toMatch(new RegExp(`^ {2}(?:- |  )${kind}: `, "m"));
    }
  });

  it.each(examples)("has a sound example under $heading", async (example) => {
    const { yaml, held, terms, files, session } = example;
    const daemon = await aRuledDaemon(`socket: admin.sock\n${yaml}`, terms);
    const terminal = terminalAt(daemon, daemon.path);
    for (const [name, words] of files) terminal.write(name, `${words.split(" ").join("\n")}\n`);
    expect(await terminal.type(`seatkeeper config check ${daemon.path}`)).toMatchObject({
      code: 0,
    });
    for (const [user, feature] of held) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await take(daemon.url, user, feature);
    }
    expect(await played(terminal, session)).toBe(neutral(session));
  });
});

function terminalAt({ url }: GivenDaemon, config: string): Terminal {
  const folder = join(config, "..");
  const terminal = new Terminal(folder, {
    SEATKEEPER_CONFIG: config,
    SEATKEEPER_SERVER: url,
    SEATKEEPER_VENDOR_FILE: join(folder, "acme.skvendor"),
  });
  terminal.write("acme.skvendor", vendorFile);
  return terminal;
}

async function take(url: string, user: string, feature: string): Promise<void> {
  const workstation = await Workstation.greeted(url, somebody(user));
  const { error } = await workstation.acquire(feature);
  expect(error).toBeUndefined();
}

/** The session as it really goes. */
async function played(terminal: Terminal, session: string): Promise<string> {
  let seen = "";
  for (const [prompt, line = ""] of session.matchAll(/^\w+\$ (.*)$/gm)) {
    // oxlint-disable-next-line no-await-in-loop -- one command after the other
    const { stdout, stderr } = await terminal.type(line);
    seen += `${prompt}\n${stdout}${stderr}`;
  }
  return neutral(seen);
}

/** Without what differs from run to run. */
function neutral(text: string): string {
  return text
    .replaceAll(/\b[uh]_[\w-]{22}/g, "<pseudonym>")
    .replaceAll(/\b[0-9a-f]{32}\b/g, "<id>")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<moment>")
    .replaceAll(/\d{4}-\d\d-\d\d/g, "<day>")
    .replaceAll(/free in about [\dhms ]+$/gm, "free in about <span>");
}
