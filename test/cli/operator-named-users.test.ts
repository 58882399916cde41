import { beforeAll, describe, expect, it } from "vitest";
import { Site, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

const named = { named_users: { max: 2, changes_per_month: 1 } };
const TERMS = { site: "Example Studio", features: [{ name: "cad.pro", seats: 2, ...named }] };

describe("seatkeeper named-users", () => {
  it("puts users on the list and takes them off, as far as the license allows", async () => {
    const site = await Site.serving(vendor, TERMS);
    site.write("team.txt", "# the night shift\nada\n\n bob  # since May\n");
    await expectSession(
      site,
      `
      $ seatkeeper named-users list
      cad.pro of acme.example: 0 of 2 named, 1 change left this month
      = 0

      $ seatkeeper named-users add --feature cad.pro --file team.txt
      on the list  ada (<pseudonym>)
      on the list  bob (<pseudonym>)
      = 0

      $ seatkeeper named-users add --feature cad.pro --user bob cid
      on the list  bob (<pseudonym>), as before
      denied  cid (<pseudonym>): NAMED_USERS_FULL: the license names 2 users; take one off first
      = 1

      $ seatkeeper named-users remove --feature cad.pro --user ada
      off the list  ada (<pseudonym>)
      = 0

      $ seatkeeper named-users remove --feature cad.pro --user bob
      denied  bob (<pseudonym>): NAMED_USERS_FIXED: the license allows 1 a month; wait for the next
      = 1

      $ seatkeeper named-users list
      cad.pro of acme.example: 1 of 2 named, 0 changes left this month
        <pseudonym>  since <moment>
      = 0

      $ seatkeeper named-users list --feature cad.pro --user bob
      bob is on the list of cad.pro since <moment> (<pseudonym>)
      = 0

      $ seatkeeper named-users list --feature cad.pro --user ada
      ada is not on the list of cad.pro (<pseudonym>)
      = 1

      $ seatkeeper named-users list --feature sim.solver
      ! seatkeeper: no license here is for named users of that
      = 0
      `,
    );
    expect(await site.json("seatkeeper named-users list")).toMatchObject({
      lists: [{ vendor: "acme.example", feature: "cad.pro", max: 2, users: [{ counts: true }] }],
    });
    const asked = "seatkeeper named-users list --feature cad.pro --user ada --json";
    expect(await site.json(asked, 1)).toMatchObject({ feature: "cad.pro", named: null });
    const ada = await site.workstation("ada");
    await expect(ada.acquire("cad.pro")).rejects.toMatchObject({ reason: "NOT_NAMED_USER" });
    await (await site.workstation("bob")).acquire("cad.pro");
  });

  it("wants to be told whom and of what", async () => {
    const site = await Site.initialised(vendor, TERMS);
    site.write("empty.txt", "# nobody\n");
    await expectSession(
      site,
      `
      $ seatkeeper named-users add --feature cad.pro
      ! seatkeeper: error: name users with --user or --file
      = 2

      $ seatkeeper named-users add --feature cad.pro --file empty.txt
      ! seatkeeper: error: name users with --user or --file
      = 2

      $ seatkeeper named-users add --feature cad.pro --file gone.txt
      ! seatkeeper: error: no such list of users: gone.txt (FILE_NOT_FOUND)
      ! seatkeeper: hint: check the spelling and the folder
      = 1

      $ seatkeeper named-users list --user ada
      ! seatkeeper: error: --user needs --feature
      = 2
      `,
    );
  });

  it("explains its options", async () => {
    const site = Site.empty(vendor);
    const { code, stdout } = await site.type("seatkeeper named-users add --help");
    expect(code).toBe(0);
    expect(stdout).toContain("named-users add --feature cad.pro");
  });
});
