import { beforeAll, describe, expect, it } from "vitest";
import { Site, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.initialised(Vendor.named());
  await site.serveLicensed();
});

describe("seatkeeper audit", () => {
  it("shows who did what, verifies it, and takes an export that can be verified elsewhere", async () => {
    await expectSession(
      site,
      `
      $ seatkeeper tokens create --user ada --out ada.token
      ! seatkeeper: token <id> proves <pseudonym>, until it is revoked
      = 0

      $ seatkeeper seats revoke 00000000000000000000000000000000
      ! seatkeeper: error: there is no lease <id> (ADMIN_LEASE_UNKNOWN)
      ! seatkeeper: hint: list them with seatkeeper seats list
      = 1

      $ seatkeeper audit export --out trail.jsonl
      = 0

      $ seatkeeper audit export --act tokens.
      ! seatkeeper: error: a part of the trail cannot be verified
      ! seatkeeper: hint: add --format csv
      = 2

      $ seatkeeper audit show --act tokens.create --outcome failed
      ! seatkeeper: there are no such records
      = 0

      $ seatkeeper audit verify --head nonsense
      ! seatkeeper: error: --head is 64 hex digits, several with commas
      = 2

      $ seatkeeper audit verify missing.jsonl
      ! seatkeeper: error: no such audit trail: missing.jsonl (FILE_NOT_FOUND)
      ! seatkeeper: hint: check the spelling and the folder
      = 1
      `,
    );
  });

  it("finds what is by or about somebody, by name or pseudonym", async () => {
    const { user } = await site.admin.find({ user: "ada" as never });
    for (const named of ["--user ada", `--about ${user}`]) {
      // oxlint-disable-next-line no-await-in-loop -- one terminal
      const shown = await site.type(`seatkeeper audit show ${named} --json`);
      expect(JSON.parse(shown.stdout)).toMatchObject({
        records: [
          {
            act: "tokens.create",
            outcome: "done",
            role: "administrator",
            via: "socket",
            who: expect.stringMatching(/^u_/) as string,
            about: { user },
          },
        ],
      });
    }
    const table = await site.type("seatkeeper audit show --last 100");
    expect(table.stdout).toContain("refused ADMIN_LEASE_UNKNOWN");
    expect(table.stdout).not.toContain("begun");
    const csv = await site.type("seatkeeper audit export --format csv --act seats.revoke");
    expect(csv.stdout.split("\n")[0]).toBe("seq,time,act,outcome,code,role,via,who,times,about");
    expect(csv.stdout).toContain(
      "seats.revoke,refused,ADMIN_LEASE_UNKNOWN,administrator,socket,u_",
    );
  });

  it("says of an export which record was changed, cut out or moved, and ends with 3", async () => {
    const lines = site.read("trail.jsonl").trimEnd().split("\n");
    const whole = await site.type("seatkeeper audit verify trail.jsonl --json");
    const { head, last } = JSON.parse(whole.stdout) as { head: string; last: number };
    expect(whole.code).toBe(0);
    expect((await site.type(`seatkeeper audit verify --head ${head}`)).code).toBe(0);
    site.write("changed.jsonl", `${lines.join("\n").replace('"done"', '"failed"')}\n`);
    site.write("cut.jsonl", `${lines.slice(0, -1).join("\n")}\n`);
    site.write("moved.jsonl", `${[lines[0], lines[2], lines[1], ...lines.slice(3)].join("\n")}\n`);
    site.write("other.jsonl", "not a record\n");
    const told = async (line: string): Promise<unknown> => {
      const { code, stdout } = await site.type(`seatkeeper audit verify ${line} --json`);
      const { problems } = JSON.parse(stdout) as { problems: { code: string; seq: number }[] };
      return [code, problems.map((each) => [each.code, each.seq])];
    };
    const at = 1 + lines.findIndex((line) => line.includes('"done"'));
    expect(await told("changed.jsonl")).toEqual([3, [["TRAIL_CHANGED", at]]]);
    expect(await told(`cut.jsonl --head ${head}`)).toEqual([3, [["TRAIL_OTHER_HEAD", null]]]);
    expect(await told("moved.jsonl")).toEqual([
      3,
      [
        ["TRAIL_CUT", 3],
        ["TRAIL_ORDER", 2],
      ],
    ]);
    const people = await site.type(`seatkeeper audit verify cut.jsonl --head ${head}`);
    expect(people.stdout).toContain(`audit trail: ${last - 1} records, 1 to ${last - 1}`);
    expect(people.stdout).toContain("TRAIL_OTHER_HEAD  no record has the known head");
    expect(await site.type("seatkeeper audit verify other.jsonl")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("other.jsonl:1 is no line of an audit trail") as string,
    });
  });
});
