import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { leaseOf, nonce, somebody, Workstation } from "./workstation.ts";
import { aRuledDaemon } from "./written-rules.ts";

// Long and odd enough that no other byte of a database is like them by chance.
const USER = "zebulon.quartermain";
const HOST = "xylophone-workstation-17";
const DISPLAY = "pergola-display-42";
const WHY_USER = "ottoline.featherstone";
const WHY_HOST = "gazebo-laptop-93";
const LISTED = "peregrine.marmalade";
const FORMER = "persimmon.wainwright";
const WHY_ADDRESS = "203.0.113.197";
const LABELS = [USER, HOST, DISPLAY, WHY_USER, WHY_HOST, WHY_ADDRESS, LISTED, FORMER];

const rules = `
groups:
  team: { users: ["z*"], hosts: ["xylo*"], networks: [127.0.0.0/8] }
  others: { users: ["o*"] }
rules:
  - reserve: { feature: cad.pro, seats: 1, for: team }
  - exclude: { feature: sim.solver, who: [team, others] }
  - max: { feature: cad.pro, seats: 2, per: user }
  - priority: { feature: cad.pro, value: 5, who: team }
policy: { show_holders: pseudonym }
`;

const terms = {
  site: "Example Studio",
  features: [
    { name: "cad.pro", seats: 3, lease_time: "30s", borrow: { days: 7, seats: 1 } },
    { name: "sim.solver", seats: 1, lease_time: "30s" },
    { name: "sim.named", seats: 1, named_users: { max: 2, changes_per_month: 1 } },
  ],
};

describe("the labels and the token of a client, at a site with rules", () => {
  it("are in no file of the data folder, no log line and no answer", async () => {
    const daemon = await aRuledDaemon(rules, terms);
    const said: unknown[] = [];
    const made = await daemon.admin.createToken({ user: USER as never, host: HOST as never });
    const { token, ...enrolled } = made;
    said.push(enrolled, await daemon.admin.tokens({ user: WHY_USER as never }));
    const station = await Workstation.at(daemon.url, somebody(USER, HOST));
    said.push(await station.hello(await station.challenge(), {}, { display: DISPLAY }, token));
    const thief = await Workstation.at(daemon.url, somebody(WHY_USER, WHY_HOST));
    said.push(await thief.hello(await thief.challenge(), {}, {}, token));
    const secrets = [...LABELS, token, token.slice(-43)];
    const lease = leaseOf(await station.acquire("cad.pro"));
    said.push(await station.acquire("sim.solver"), await station.acquire("cad.pro", { count: 3 }));
    said.push(await station.ask("seat.renew", { leases: [lease], nonce: nonce() }));
    const loan = { key: "loan", borrowMs: 86_400_000, workstation: "a1".repeat(32) };
    said.push(await station.ask("seat.borrow", { feature: "cad.pro", ...loan }));
    said.push(await station.acquire("cad.pro", { count: 2, wait: true }));
    daemon.write(`${rules}  # the same again\n`);
    said.push(await daemon.admin.reload());
    const asked = { user: WHY_USER as never, host: WHY_HOST as never, version: "0", count: 1 };
    said.push(await daemon.admin.why({ feature: "cad.pro", ...asked, address: WHY_ADDRESS }));
    said.push(await daemon.admin.why({ feature: "sim.solver", ...asked }));
    const list = { feature: "sim.named", users: [LISTED as never, FORMER as never] };
    said.push(await daemon.admin.editNamedUsers({ ...list, change: "add" }));
    said.push(
      await daemon.admin.editNamedUsers({ ...list, change: "remove", users: [FORMER as never] }),
      await daemon.admin.askNamedUser({ feature: "sim.named", user: LISTED as never }),
      await daemon.admin.namedUsers(),
    );
    const named = { user: WHY_USER as never, host: WHY_HOST as never };
    said.push(await daemon.admin.find(named), await daemon.admin.revokeHeld(named));
    said.push(
      await daemon.admin.seats(),
      await daemon.admin.status(),
      await daemon.admin.checkpoint(),
    );
    said.push(await daemon.admin.revokeToken(made.id), await daemon.admin.tokens());
    const whileRunning = findings(daemon.site.config.dataDir, secrets);
    await station.leave();
    await daemon.stop();
    expect(whileRunning.searched).toEqual(
      expect.arrayContaining([
        "seatkeeper.db",
        "seatkeeper.db-wal",
        expect.stringMatching(/ledger\.skc$/),
      ]),
    );
    expect(whileRunning.found).toEqual([]);
    expect(findings(daemon.site.config.dataDir, secrets).found).toEqual([]);
    const words = `${daemon.log.join("")}${JSON.stringify(said)}`;
    expect(secrets.filter((secret) => words.includes(secret))).toEqual([]);
    expect(words).toContain("TOKEN_REFUSED");
    expect(daemon.log.join("")).toContain("admin.act");
  });

  it("are found where they are: the search itself works", () => {
    expect(labelsIn(Buffer.from(`..${USER}..`), LABELS)).toEqual([USER]);
    expect(labelsIn(Buffer.from(`..${HOST.toUpperCase()}..`), LABELS)).toEqual([HOST]);
    expect(labelsIn(Buffer.from(`..${DISPLAY}..`, "utf16le"), LABELS)).toEqual([DISPLAY]);
  });
});

/** The files of a folder, and which of `words` are in them: as UTF-8 or UTF-16, in any case. */
function findings(
  folder: string,
  words: readonly string[],
): {
  readonly searched: readonly string[];
  readonly found: readonly string[];
} {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  const found = files.flatMap((name) =>
    labelsIn(readFileSync(join(folder, name)), words).map((label) => `${label} in ${name}`),
  );
  return { searched: files, found };
}

function labelsIn(bytes: Buffer, words: readonly string[]): readonly string[] {
  const text = bytes.toString("latin1").toLowerCase();
  const encodings = ["utf8", "utf16le"] as const;
  return words.filter((word) =>
    encodings.some((encoding) =>
      text.includes(Buffer.from(word.toLowerCase(), encoding).toString("latin1")),
    ),
  );
}
