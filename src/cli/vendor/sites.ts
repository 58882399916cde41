import { isoTime, type UnixMillis } from "../../base/time.ts";
import { listSites, type Site } from "../../vendor/sites.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import type { Output } from "../shared/output.ts";
import { DIR_OPTION, now, openDesk, withStore } from "./desk.ts";

/** `seatkeeper-vendor sites`: who was licensed, and who has reported. */
export const sites: Command = command({
  command: "sites",
  summary: "list the sites that were licensed and when they last reported",
  options: { ...DIR_OPTION, ...JSON_OPTION },
  examples: [["sites", "who is overdue?"]],
  async run(options, shell) {
    const folder = openDesk(options, shell);
    const found = await withStore(folder, (store) => store.read(listSites));
    if (options.json) shell.out.json({ sites: found.map(jsonOf) });
    else print(found, shell.out);
    return EXIT.done;
  },
});

function print(found: readonly Site[], out: Output): void {
  if (found.length === 0) return out.note("no license was issued yet");
  const titles = [
    "site",
    "ledger",
    "activated",
    "licenses",
    "blocks",
    "last report",
    "next report",
    "auditor",
  ];
  out.table(
    titles.map((title) => ({
      title,
      align: title === "licenses" || title === "blocks" ? "right" : "left",
    })),
    found.map((site) => [
      site.site,
      site.chainId.slice(0, 8),
      dayOf(site.activatedAt),
      String(site.licenses),
      String(site.size),
      site.reportedAt === null ? "never" : dayOf(site.reportedAt),
      due(site, out),
      site.auditors.join(" ") || "none",
    ]),
  );
}

function due({ reportDueAt, succeededBy }: Site, out: Output): string {
  if (succeededBy !== null) return `ended: see ${succeededBy.slice(0, 8)}`;
  if (reportDueAt === null) return "not agreed";
  return isOverdue(reportDueAt)
    ? out.paint("red", `overdue since ${dayOf(reportDueAt)}`)
    : `by ${dayOf(reportDueAt)}`;
}

function jsonOf(site: Site): object {
  return {
    ...site,
    activatedAt: isoTime(site.activatedAt),
    reportedAt: site.reportedAt && isoTime(site.reportedAt),
    reportDueAt: site.reportDueAt && isoTime(site.reportDueAt),
    overdue: site.reportDueAt !== null && isOverdue(site.reportDueAt),
  };
}

const isOverdue = (moment: UnixMillis): boolean => now().wall > moment;

const dayOf = (moment: UnixMillis): string => isoTime(moment).slice(0, 10);
