import { describe, expect, it } from "vitest";
import { flexnet, groupsOf, ignoredOf, lostOf, notesOf, rulesOf } from "./given.ts";

describe("a FlexNet options file", () => {
  it("keeps its rules, each under an id that names the line", () => {
    const made = flexnet(
      "GROUP stars joe barbara",
      "INCLUDE f1 GROUP stars",
      "INCLUDEALL GROUP stars",
      "EXCLUDE f1 USER hank",
      "EXCLUDEALL USER hank",
      "RESERVE 2 f1 HOST mainline",
      "MAX 5 f1 USER jan",
      "LINGER f1 3600",
    );
    expect(rulesOf(made)).toEqual([
      "include feature=f1 who=stars",
      "include feature=* who=stars",
      "exclude feature=f1 who=user-line-4",
      "exclude feature=* who=user-line-4",
      "reserve feature=f1 seats=2 for=host-line-6",
      "max feature=f1 seats=5 per=group who=user-line-7",
      "linger feature=f1 for=3600s",
    ]);
    expect(made.rules.map(({ id }) => id)).toEqual([
      "include-line-2",
      "include-line-3",
      "exclude-line-4",
      "exclude-line-5",
      "reserve-line-6",
      "max-line-7",
      "linger-line-8",
    ]);
    expect(groupsOf(made)).toEqual([
      "stars: users joe barbara",
      "user-line-4: users hank",
      "host-line-6: hosts mainline",
      "user-line-7: users jan",
    ]);
    expect(lostOf(made)).toEqual([]);
  });

  it("has options over several lines, comments, and keywords in any case", () => {
    const made = flexnet(
      "# who may: \\",
      "group stars joe \\",
      "  barbara \\",
      "  susan",
      "",
      "  exclude f1 group stars",
    );
    expect(groupsOf(made)).toEqual(["stars: users joe barbara susan"]);
    expect(rulesOf(made)).toEqual(["exclude feature=f1 who=stars"]);
    expect(made.accounts.map(({ line, last, fate }) => [line, last, fate.kind])).toEqual([
      [1, 1, "ignored"],
      [2, 4, "translated"],
      [5, 5, "ignored"],
      [6, 6, "translated"],
    ]);
  });

  it("has groups whose lines add up, also below the rule that names them", () => {
    const made = flexnet(
      "EXCLUDE f1 GROUP stars",
      "GROUP stars joe",
      "USER_GROUP stars joe susan",
      "HOST_GROUP stars node1",
      "MAX 1 f1 HOST_GROUP stars",
    );
    expect(groupsOf(made)).toEqual(["stars: users joe susan", "stars-2: hosts node1"]);
    expect(rulesOf(made)).toEqual([
      "exclude feature=f1 who=stars",
      "max feature=f1 seats=1 per=group who=stars-2",
    ]);
  });

  it("takes a name in a group for a login, as the original does, also where it is a group's", () => {
    const made = flexnet("GROUP stars joe", "GROUP all stars susan", "EXCLUDE f1 GROUP all");
    expect(groupsOf(made)).toEqual(["stars: users joe", "all: users stars susan"]);
    expect(lostOf(made)).toEqual([]);
  });

  it("with GROUPCASEINSENSITIVE has groups of logins in any case, and single logins as written", () => {
    const made = flexnet(
      "GROUPCASEINSENSITIVE ON",
      "GROUP stars Joe",
      "HOST_GROUP farm Node1",
      "EXCLUDE f1 USER Hank",
    );
    expect(groupsOf(made)).toEqual([
      "stars: users Joe, in any case",
      "farm: hosts Node1",
      "user-line-4: users Hank",
    ]);
    expect(lostOf(flexnet("GROUP stars joe", "GROUPCASEINSENSITIVE ON"))).toEqual([
      "2 GROUPCASEINSENSITIVE: it stands below a group, and which groups it is about is not documented; move it to the top",
    ]);
  });

  it("has addresses with stars and networks, where they are one network", () => {
    const made = flexnet(
      "EXCLUDE f1 INTERNET 192.168.7.*",
      "EXCLUDE f1 INTERNET 10.*.*.*",
      "EXCLUDE f1 INTERNET 10.1.0.0/16",
      "EXCLUDE f1 INTERNET fec0::1",
      "HOST_GROUP farm node1 172.16.*.* 172.17.0.9",
      "EXCLUDE f1 HOST 10.0.0.1",
    );
    expect(groupsOf(made)).toEqual(
      [
        "farm: hosts node1, networks 172.16.0.0/16 172.17.0.9",
        "net-line-1: networks 192.168.7.0/24",
        "net-line-2: networks 10.0.0.0/8",
        "net-line-3: networks 10.1.0.0/16",
        "net-line-4: networks fec0::1",
        "host-line-6: networks 10.0.0.1",
      ].map((each) => each.replace("host-line-6", "net-line-6")),
    );
    expect(
      lostOf(flexnet("EXCLUDE f1 INTERNET 10.*.3.4", "EXCLUDE f1 INTERNET 10.1.2.3/16")),
    ).toEqual([
      "1 EXCLUDE: the addresses 10.*.3.4 are not one network; write the networks they lie in as groups: { name: { networks } }",
      "2 EXCLUDE: 10.1.2.3/16 is no address: there are bits behind the prefix; 10.1.0.0/16 is meant, or another prefix; correct it",
    ]);
  });

  it("means the seats of a feature as a whole: a part of them has no rule", () => {
    const made = flexnet(
      "RESERVE 1 f1:VERSION=2.0 USER mel",
      'RESERVE 1 "f1 VERSION=2.0" USER mel',
      "RESERVE 1 f:1 USER mel",
    );
    expect(rulesOf(made)).toEqual([]);
    expect(lostOf(made)).toEqual([
      "1 RESERVE: a rule is about all seats of a feature, not about those with VERSION=2.0; write the rule for the whole feature, if that is what is wanted",
      "2 RESERVE: a rule is about all seats of a feature, not about those with VERSION=2.0; write the rule for the whole feature, if that is what is wanted",
      "3 RESERVE: no feature can be called f:1 here; see what the vendor calls it now in `seatkeeper status`",
    ]);
  });

  it("says once of each feature that its name is in lower case now", () => {
    const made = flexnet("EXCLUDE MATLAB USER a", "EXCLUDE MATLAB USER b", "EXCLUDE f1 USER F1");
    expect(rulesOf(made)[0]).toBe("exclude feature=matlab who=user-line-1");
    expect(notesOf(made)).toEqual([
      "1: MATLAB is matlab here; see in `seatkeeper status` whether the vendor calls it so",
    ]);
  });
});

describe("borrowing in FlexNet", () => {
  it("is forbidden to some, and limited to whole days, by the last line of a feature", () => {
    const made = flexnet(
      "MAX_BORROW_HOURS f1 72",
      "EXCLUDE_BORROW f1 USER fred",
      "MAX_BORROW_HOURS f1 48",
      "MAX_BORROW_HOURS f2 9000",
    );
    expect(rulesOf(made)).toEqual([
      "borrow feature=f1 days=0 who=user-line-2",
      "borrow feature=f1 days=2",
    ]);
    expect(ignoredOf(made)).toEqual([
      "1 MAX_BORROW_HOURS: line 3 says it again, and the last one counts",
      "4 MAX_BORROW_HOURS: no license allows so many days",
    ]);
  });
});

describe("MAX for all", () => {
  it("is a maximum per user, or per group for the groups of the file", () => {
    const made = flexnet(
      "GROUP stars joe",
      "GROUP more susan",
      "HOST_GROUP farm node1",
      "MAX 1 f1 USER ALL_USERS",
      "MAX 2 f1 GROUP ALL_GROUPS",
    );
    expect(rulesOf(made)).toEqual([
      "max feature=f1 seats=1 per=user",
      "max feature=f1 seats=2 per=group who=stars,more",
    ]);
  });

  it("makes those below it void, as in the original", () => {
    const made = flexnet("MAX 2 f1 USER ALL_USERS", "MAX 1 f1 USER jan", "MAX 1 f2 USER jan");
    expect(rulesOf(made)).toEqual([
      "max feature=f1 seats=2 per=user",
      "max feature=f2 seats=1 per=group who=user-line-3",
    ]);
    expect(ignoredOf(made)).toEqual([
      "2 MAX: line 1 is for all and stands above, so it has no effect",
    ]);
  });

  it("has no translation below a higher one for somebody: here the lower of two counts", () => {
    const made = flexnet("MAX 5 f1 USER jan", "MAX 2 f1 USER ALL_USERS");
    expect(lostOf(made)).toEqual([
      "2 MAX: line 1 allows more to some, and here the lower of two max rules counts; write the max rule with who: a group of all others",
    ]);
  });
});

describe("what has no translation", () => {
  it.each([
    ["EXCLUDE f1 DISPLAY /dev/tty1", "displays"],
    ["EXCLUDE f1 PROJECT apollo", "projects"],
    ["EXCLUDE f1 GROUP nobody", "no GROUP line defines nobody"],
    ["EXCLUDE f1 USER j*", "a star or question mark"],
    ["EXCLUDE f1 USER joe susan", "not written as EXCLUDE feature"],
    ["EXCLUDE f1 USER", "not written as EXCLUDE feature"],
    ["EXCLUDE f1 COLOUR blue", "COLOUR is no type"],
    ["RESERVE some f1 USER joe", "not written as RESERVE n feature"],
    ["RESERVE 1000000 f1 USER joe", "100000 seats at most"],
    ["LINGER f1 999999", "for a day at most"],
    ["LINGER f1 soon", "not written as LINGER"],
    ["TIMEOUT f1:VERSION=2.0 3600", "not about those with VERSION=2.0"],
    ["TIMEOUT f1 0", "the least that the vendor allows"],
    ["TIMEOUT f1 604801", "seven days at most"],
    ["TIMEOUT f1", "not written as TIMEOUT feature"],
    ["TIMEOUT 3600 f1", "not written as TIMEOUT feature"],
    ["TIMEOUTALL 604801", "seven days at most"],
    ["TIMEOUTALL 3600 f1", "not written as TIMEOUTALL seconds"],
    ["BORROW_LOWWATER f1 3", "not those that stay"],
    ["MAX_BORROW_HOURS f1 36", "whole days"],
    ["MAX_BORROW_HOURS f1 long", "not written as MAX_BORROW_HOURS"],
    ["INCLUDE_BORROW f1 USER tom", "lets all others"],
    ["EXCLUDE_BORROW f1 PROJECT apollo", "projects"],
    ["MAX_OVERDRAFT f1 1", "overdraft is the vendor's"],
    ["MAX_CONNECTIONS 50", "no rule about seats"],
    ["FQDN_MATCHING LENIENT", "host names are compared as they are written"],
    ["ACTIVATION_LOWWATER AAAA 6", "trusted storage"],
    ["EXCLDE f1 USER joe", "did you mean EXCLUDE?"],
    ["GROUP", "no name"],
    ["GROUP stars", "no members"],
    [`GROUP stars ${"x".repeat(4_000)}`, "FlexNet reads 4000 characters"],
  ])("is listed with a reason: %s", (line, reason) => {
    const made = flexnet(line);
    expect(rulesOf(made)).toEqual([]);
    expect(lostOf(made)).toHaveLength(1);
    expect(lostOf(made)[0]).toContain(reason);
  });

  it("of a group is its member alone; the others stay", () => {
    const made = flexnet("GROUP stars joe j*", "EXCLUDE f1 GROUP stars");
    expect(groupsOf(made)).toEqual(["stars: users joe"]);
    expect(lostOf(made)).toHaveLength(1);
  });

  it("of two LINGER lines for a feature is the second", () => {
    const made = flexnet("LINGER f1 60", "LINGER f1 90");
    expect(rulesOf(made)).toEqual(["linger feature=f1 for=60s"]);
    expect(lostOf(made)).toEqual([
      "2 LINGER: line 1 says it too, and which of the two counts is not documented; remove one of them",
    ]);
  });

  it("opens a feature when it was its only include, and that is said", () => {
    const made = flexnet(
      "INCLUDE f1:VERSION=2.0 USER joe",
      "INCLUDE f2 PROJECT apollo",
      "INCLUDE f2 USER joe",
    );
    expect(notesOf(made)).toEqual(["1: until this is written by hand, everybody may use f1"]);
  });
});

describe("what decides nothing about seats", () => {
  it("is left out with a reason, and nothing is lost by it", () => {
    const made = flexnet(
      "NOLOG QUEUED",
      "REPORTLOG +/var/log/report.log",
      "DEBUGLOG +/var/log/debug.log",
      "AUTOMATIC_REREAD OFF",
      "FQDN_MATCHING EXACT",
      "RESERVE 0 f1 USER joe",
      "LINGER f1 0",
    );
    expect(ignoredOf(made)).toHaveLength(7);
    expect(lostOf(made)).toEqual([]);
    expect(rulesOf(made)).toEqual([]);
  });
});
