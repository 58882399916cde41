import { beforeAll, describe, expect, it } from "vitest";
import { Site, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

let site: Site;
let server: string;
beforeAll(async () => {
  site = await Site.initialised(Vendor.named());
  site.write("config.yaml", `${site.read("config.yaml")}\nadmin: { host: 127.0.0.1, port: 0 }\n`);
  const daemon = await site.serveLicensed();
  const [, port = ""] = await daemon.says(/"adminPort":(\d+)/);
  server = `--server https://127.0.0.1:${port}`;
});

describe("the daemon of another machine", () => {
  it("is administered with a token and the server's certificate, as far as the role allows", async () => {
    await expectSession(
      site,
      `
      $ seatkeeper tokens create --user grace --role operator --expires 30d --out grace.token
      ! seatkeeper: token <id> makes an operator of <pseudonym>, until <moment>
      = 0

      $ seatkeeper seats list ${server} --token-file grace.token --ca-file data/tls.crt
      ! seatkeeper: no seat is held
      = 0

      $ seatkeeper reload ${server} --token-file grace.token --ca-file data/tls.crt
      ! seatkeeper: error: the token's role is operator, and this takes administrator (ADMIN_ROLE)
      ! seatkeeper: hint: ask somebody who has that role, or an administrator for another token
      = 1

      $ seatkeeper seats list ${server} --ca-file data/tls.crt
      ! seatkeeper: error: name a file with your token by --token-file
      = 2

      $ seatkeeper seats list --token-file grace.token
      ! seatkeeper: error: --token-file and --ca-file go with --server
      = 2

      $ seatkeeper seats list --server wss://127.0.0.1 --token-file grace.token
      ! seatkeeper: error: --server is an address such as https://license-server:7329
      = 2

      $ seatkeeper tokens create --host ws7 --role viewer
      ! seatkeeper: error: --role goes with --user, and without --host
      = 2

      $ seatkeeper tokens create --user grace --role viewer --expires 400d
      ! seatkeeper: error: a token with a --role is good for 366d at most
      = 2
      `,
    );
    const unknown = await site.type(`seatkeeper status ${server} --token-file grace.token`);
    expect(unknown).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("with --ca-file") as string,
    });
    const listed = await site.type("seatkeeper tokens list");
    expect(listed.stdout).toMatch(/^token +state +role +user/);
    expect(listed.stdout).toMatch(/ valid +operator +u_/);
  });
});
