import { statSync } from "node:fs";
import { userInfo } from "node:os";
import { beforeAll, describe, expect, it } from "vitest";
import { ENROLMENT_TOKEN } from "../../src/crypto/enrolment-token.ts";
import { Site, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

const me = userInfo().username;
const RULE = "rules:\n  - { id: proven, require_bound: { feature: cad.pro, labels: [user] } }\n";

/** With cad.pro for proven users alone. */
async function provenSite(): Promise<Site> {
  const site = await Site.initialised(vendor);
  site.write("config.yaml", `${site.read("config.yaml")}\n${RULE}`);
  await site.serveLicensed();
  return site;
}

const idOf = async (site: Site): Promise<string> => {
  const { tokens } = await site.admin.tokens();
  return tokens.at(-1)?.id ?? "";
};

describe("seatkeeper tokens", () => {
  it("makes the proof that a rule asks for, and takes it back", async () => {
    const site = await provenSite();
    await expectSession(
      site,
      `
      $ seatkeeper tokens list
      ! seatkeeper: there are no such tokens
      = 0

      $ seatkeeper run --feature cad.pro -- echo at work
      ! seatkeeper: error: cad.pro denied: NOT_BOUND by rule proven (SEAT_DENIED)
      ! seatkeeper: hint: the site's rules ask for a user or host that a token proves; ask the license administrator for one
      = 1

      $ seatkeeper tokens create --user ${me} --out mine.token
      ! seatkeeper: token <id> proves <pseudonym>, until it is revoked
      = 0

      $ seatkeeper run --feature cad.pro --token-file mine.token -- echo at work
      at work
      = 0

      $ seatkeeper tokens create --user somebody-else --host ws7 --expires 30d --out other.token
      ! seatkeeper: token <id> proves <pseudonym> on <pseudonym>, until <moment>
      = 0

      $ seatkeeper run --feature cad.pro --token-file other.token -- echo at work
      ! seatkeeper: error: TOKEN_REFUSED: the enrolment token is for another user or host (SERVER_REFUSED)
      ! seatkeeper: hint: upper and lower case count; ask the license administrator for one of your own
      = 1

      $ seatkeeper tokens create --user ${me} --out mine.token
      ! seatkeeper: error: mine.token exists already (OUTPUT_EXISTS)
      ! seatkeeper: hint: choose another name, or add --force to replace it
      = 1
      `,
    );
    expect(statSync(site.path("mine.token")).mode & 0o777).toBe(0o600);
    expect((await site.admin.tokens()).tokens).toHaveLength(2);
    site.env["SEATKEEPER_TOKEN_FILE"] = "mine.token";
    expect(await site.type("seatkeeper run --feature cad.pro -- echo at work")).toMatchObject({
      code: 0,
      stdout: "at work\n",
    });
    const { tokens } = (await site.json(`seatkeeper tokens list --user ${me}`)) as {
      readonly tokens: readonly [{ readonly id: string }];
    };
    expect(await site.type(`seatkeeper tokens revoke ${tokens[0].id}`)).toMatchObject({ code: 0 });
    const { code, stderr } = await site.type("seatkeeper run --feature cad.pro -- echo at work");
    expect(code).toBe(1);
    expect(stderr).toContain("TOKEN_REFUSED: the enrolment token was revoked");
  });

  it("prints the token once, alone on standard output", async () => {
    const site = await Site.serving(vendor);
    const { code, stdout, stderr } = await site.type("seatkeeper tokens create --host ws7");
    expect(code).toBe(0);
    expect(stdout.trimEnd()).toMatch(ENROLMENT_TOKEN);
    expect(stderr).toContain(await idOf(site));
    const token = stdout.trim();
    expect((await site.type("seatkeeper tokens list --json")).stdout).not.toContain(token);
    const made = await site.json("seatkeeper tokens create --user ada");
    expect(made).toMatchObject({
      id: await idOf(site),
      token: expect.stringMatching(ENROLMENT_TOKEN) as unknown,
      expiresAt: null,
    });
    // What is in a file is not in the answer too.
    const filed = await site.json("seatkeeper tokens create --user ada --out ada.token");
    expect(filed).not.toHaveProperty("token");
    expect(site.read("ada.token").trimEnd()).toMatch(ENROLMENT_TOKEN);
  });

  it("keeps tokens through the death of the daemon", async () => {
    const site = await provenSite();
    site.keepPort();
    site.write("config.yaml", `${site.read("config.yaml")}\n${RULE}`);
    await site.type(`seatkeeper tokens create --user ${me} --out mine.token`);
    await site.killDaemon();
    await site.serve();
    expect(
      await site.type("seatkeeper run --feature cad.pro --token-file mine.token -- echo at work"),
    ).toMatchObject({ code: 0, stdout: "at work\n" });
  });

  it("wants to be told whom, for how long, and which", async () => {
    await expectSession(
      await Site.serving(vendor),
      `
      $ seatkeeper tokens create
      ! seatkeeper: error: name whom it shall prove by --user, --host or both
      = 2

      $ seatkeeper tokens create --user ada --expires soon
      ! seatkeeper: error: --expires is a duration from 1s to 3660d, such as 30d
      = 2

      $ seatkeeper tokens create --user ada --out gone/ada.token
      ! seatkeeper: error: cannot write gone/ada.token: no such folder (OUTPUT_FAILED)
      ! seatkeeper: hint: make the folder first
      = 1

      $ seatkeeper tokens revoke 7
      ! seatkeeper: error: a token's id has 32 hex digits
      ! seatkeeper: hint: see: seatkeeper tokens list
      = 2

      $ seatkeeper tokens revoke 00000000000000000000000000000000
      ! seatkeeper: error: there is no token <id> (ADMIN_TOKEN_UNKNOWN)
      ! seatkeeper: hint: list them with seatkeeper tokens list
      = 1

      $ seatkeeper tokens list
      ! seatkeeper: there are no such tokens
      = 0

      $ seatkeeper run --feature cad.pro --token-file gone.token -- cad
      ! seatkeeper: error: gone.token: ENOENT: no such file or directory, stat 'gone.token' (TOKEN_UNUSABLE)
      ! seatkeeper: hint: check the name of the token file
      = 1
      `,
    );
  });
});
