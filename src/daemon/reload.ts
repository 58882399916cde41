import type { Config } from "../config/config.ts";
import { failure, type Log } from "../log/log.ts";
import type { AdminReload } from "../protocol/admin/reload.ts";
import type { Finding } from "../rules/finding.ts";
import { reviewRules } from "../rules/review.ts";
import { isCoded } from "./failure-kind.ts";
import type { ShelvedLicense } from "./license-shelf.ts";
import { settingsForRestart } from "./setting-changes.ts";
import type { Site } from "./site.ts";
import type { VendorDesk } from "./vendor-desk.ts";

export interface ReloadParts {
  readonly site: Site;
  /** With what the daemon runs. */
  readonly config: Config;
  /** Reads the file again. Throws what is wrong with it. */
  readonly reread: () => Config;
  /**
   * Reads what else belongs to a configuration. @returns puts it in force. Throws what is wrong
   * with it; then nothing has changed.
   */
  readonly prepare: (read: Config) => () => void;
  readonly log: Log;
}

/**
 * Puts changed rules and licenses in force while leases are live: everything is read and checked
 * first, so that a bad file changes nothing. One reload at a time.
 */
export class Reload {
  readonly #parts: ReloadParts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: ReloadParts) {
    this.#parts = parts;
  }

  /**
   * @throws ConfigError and what reading the file throws; DaemonError LICENSE_FILE_REFUSED, TLS_FILES;
   * ADMIN_NOT_WRITTEN when the disk refuses what follows from the change.
   */
  run(): Promise<AdminReload> {
    const turn = this.#last.then(() => this.#logged());
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #logged(): Promise<AdminReload> {
    const { log } = this.#parts;
    try {
      const done = await this.#reload();
      const { rules, groups, licenses, needsRestart, findings } = done;
      const changed = licenses.map(({ vendor, licenseId, change }) => {
        return `${vendor} ${licenseId} ${change}`;
      });
      log.info("reload.done", { rules, groups, licenses: changed, needsRestart });
      for (const { severity, ruleId, text } of findings) {
        if (severity !== "remark") log.warn("rules.contradiction", { rule: ruleId, reason: text });
      }
      return done;
    } catch (error) {
      log.warn("reload.refused", failure(error));
      throw isCoded(error) ? error : new TypeError("the reload failed", { cause: error });
    }
  }

  async #reload(): Promise<AdminReload> {
    const { site, config, reread, prepare } = this.#parts;
    const read = reread();
    const follow = prepare(read);
    const desks = [...site.desks.values()].map((desk) => ({
      desk,
      before: desk.core.shelf.all,
      found: desk.core.shelf.look(desk.core.site),
    }));
    // Up to here nothing has changed. Below, only the disk can refuse; the next checkpoint on its
    // schedule then tries again.
    site.door.change(read);
    site.auditor.change(read);
    follow();
    await Promise.all(desks.map(({ desk, found }) => desk.reload(found)));
    return {
      rules: read.rules.length,
      groups: Object.keys(read.groups).length,
      licenses: desks.flatMap(({ desk, before, found }) => changesOf(desk.name, before, found)),
      needsRestart: settingsForRestart(config, read),
      findings: reviewRules(read, licensedBy([...site.desks.values()])).map(plain),
    };
  }
}

/** What contradicts what, as the licenses are now. */
function licensedBy(desks: readonly VendorDesk[]): readonly { name: string; seats: number }[] {
  return desks.flatMap((desk) => desk.features().map(({ name, seats }) => ({ name, seats })));
}

/** What the daemon says at its start about the rules it was given. */
export function warnAboutRules(site: Site, log: Log): void {
  const findings = reviewRules(site.door.policy, licensedBy([...site.desks.values()]));
  for (const { severity, ruleId, text } of findings) {
    if (severity !== "remark") log.warn("rules.contradiction", { rule: ruleId, reason: text });
  }
}

function changesOf(
  vendor: string,
  before: readonly ShelvedLicense[],
  found: readonly ShelvedLicense[],
): AdminReload["licenses"] {
  const had = idsIn(before);
  const has = idsIn(found);
  return [
    ...has.filter((id) => !had.includes(id)).map((licenseId) => of(vendor, licenseId, "added")),
    ...had.filter((id) => !has.includes(id)).map((licenseId) => of(vendor, licenseId, "removed")),
  ];
}

function idsIn(shelved: readonly ShelvedLicense[]): readonly string[] {
  return shelved.flatMap((each) => (each.kind === "license" ? [each.license.licenseId] : []));
}

const of = (
  vendor: string,
  licenseId: string,
  change: "added" | "removed",
): AdminReload["licenses"][number] => ({ vendor, licenseId, change });

function plain({ severity, ruleId, text }: Finding): AdminReload["findings"][number] {
  return { severity, ruleId, text };
}
