import { describe, expect, it } from "vitest";
import { groupsOf, ignoredOf, lostOf, notesOf, rlm, rulesOf } from "./given.ts";

describe("an RLM options file", () => {
  it("keeps its rules, in which upper and lower case are the same", () => {
    const made = rlm(
      "group Engineers Ada bob",
      "GROUP engineers cleo",
      "HOST_GROUP corporate node_a node_b",
      "INTERNET_GROUP office 172.16.7.* 10.1.2.3",
      "INCLUDE Write group ENGINEERS",
      "EXCLUDE write host_group corporate",
      "EXCLUDEALL internet_group office",
      "RESERVE 1 write internet 10.9.*.*",
      "MAX 2 write user Ada",
      "MAX 3 write group engineers",
    );
    expect(groupsOf(made)).toEqual([
      "Engineers: users Ada bob cleo, in any case",
      "corporate: hosts node_a node_b",
      "office: networks 172.16.7.0/24 10.1.2.3",
      "net-line-8: networks 10.9.0.0/16",
      "user-line-9: users Ada, in any case",
    ]);
    expect(rulesOf(made)).toEqual([
      "include feature=write who=Engineers",
      "exclude feature=write who=corporate",
      "exclude feature=* who=office",
      "reserve feature=write seats=1 for=net-line-8",
      "max feature=write seats=2 per=group who=user-line-9",
      "max feature=write seats=3 per=group who=Engineers",
    ]);
    expect(lostOf(made)).toEqual([]);
  });

  it("serves lower numbers first, which are higher ones here", () => {
    const made = rlm("PRIORITY 7 write user plum", "PRIORITY 3 write host conservatory");
    expect(rulesOf(made)).toEqual([
      "priority feature=write value=993 who=user-line-1",
      "priority feature=write value=997 who=host-line-2",
    ]);
    expect(lostOf(rlm("PRIORITY 1000 write user plum"))).toHaveLength(1);
  });

  it("limits each user with a star, and says what a login in another case is", () => {
    const made = rlm("MAX 1 write user *");
    expect(rulesOf(made)).toEqual(["max feature=write seats=1 per=user"]);
    expect(notesOf(made)).toEqual(["1: a login in another case counts as another user"]);
  });

  it("lets in by INCLUDE only who is on the INCLUDEALL list: a lone include would let in more", () => {
    const made = rlm("INCLUDE write user bob", "INCLUDEALL user ada");
    expect(rulesOf(made)).toEqual(["include feature=* who=user-line-2"]);
    expect(lostOf(made)).toEqual([
      "1 INCLUDE: it lets in only who is on the INCLUDEALL list too, and here one include is enough; write include rules for each feature, and none for all",
    ]);
  });

  it("limits roaming, which is borrowing, by days and seats, and forbids it to some", () => {
    const made = rlm(
      "ROAM_MAX_DAYS 3 write",
      "ROAM_MAX_COUNT 2 write",
      "EXCLUDEALL_ROAM user ada",
      "EXCLUDE_ROAM write host kiosk",
      "ROAM_MAX_DAYS 5 write",
    );
    expect(rulesOf(made)).toEqual([
      "borrow feature=write days=3",
      "borrow feature=write seats=2",
      "borrow feature=* days=0 who=user-line-3",
      "borrow feature=write days=0 who=host-line-4",
    ]);
    expect(lostOf(made)).toEqual([
      "5 ROAM_MAX_DAYS: line 1 says it too, and which of the two counts is not documented; remove one of them",
    ]);
  });

  it("has no options over several lines", () => {
    const made = rlm("GROUP engineers ada \\", "bob");
    expect(groupsOf(made)).toEqual(["engineers: users ada, in any case"]);
    expect(lostOf(made)).toEqual([
      "1 GROUP: it is no login; correct it",
      "2 BOB: bob is no option of RLM; correct or remove the line",
    ]);
  });

  it.each([
    ["RESERVE 1 write user ada id=3", "not about the license with id=3"],
    ["MAX 1 write user ada id=3", "not about the license with id=3"],
    ["EXCLUDE write project apollo", "projects"],
    ["EXCLUDEALL noproject", "projects"],
    ["EXCLUDE write internet 2.*.*.7", "not one network"],
    ["EXCLUDE write host node*", "a star or question mark"],
    ["EXEMPT_MAX write user ada", "everybody they name"],
    ["EXEMPTALL_MAX user ada", "everybody they name"],
    ["EXPRESS ON", "who asks later"],
    ["TIMEOUT 3600 write id=7", "not about the license with id=7"],
    ["TIMEOUT 0 write", "the least that the vendor allows"],
    ["TIMEOUT 604801 write", "seven days at most"],
    ["TIMEOUT write 3600", "not written as TIMEOUT seconds"],
    ["TIMEOUTALL 3600 write", "not written as TIMEOUTALL seconds"],
    ["ROAM_MAX_DAYS 3 write id=7", "not about the license with id=7"],
    ["ROAM_MAX_COUNT many write", "not written as ROAM_MAX_COUNT"],
    ["EXCLUDEALL_ROAM project apollo", "projects"],
    ["INCLUDEALL_ROAM user ada", "lets all others"],
    ["MAX_ROAM 3", "belongs into a license"],
    ["MINCHECKOUT 60 write", "min_lease"],
    ["LINGER write 60", "no option of RLM"],
    ["MINREMOVE 60 write", "at any time"],
    ["TIMEZONE fff", "time zone"],
    ["PURPOSE debug", "purpose"],
    [`GROUP many ${"x".repeat(1_100)}`, "RLM reads 1023 characters"],
  ])("lists what has no translation: %s", (line, reason) => {
    const made = rlm(line);
    expect(rulesOf(made)).toEqual([]);
    expect(lostOf(made)).toHaveLength(1);
    expect(lostOf(made)[0]).toContain(reason);
  });

  it("leaves out what decides nothing about seats", () => {
    const made = rlm(
      "NOLOG in",
      "REPORTLOG +r.log",
      "DEBUGLOG d.log",
      "ROTATE daily",
      "PURGE_REPORTLOG 30",
      "CLIENT_CACHE 0",
      "EXPRESS OFF",
      "NO_OLD_RLMUTIL",
    );
    expect(ignoredOf(made)).toHaveLength(8);
    expect(lostOf(made)).toEqual([]);
  });
});
