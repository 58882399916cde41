import type { AdminCheckup } from "../protocol/admin/checkup.ts";
import { StoreError } from "../store/errors.ts";
import { lastBackup } from "./last-backup.ts";
import { openFilesLimit } from "./open-files.ts";
import type { Site } from "./site.ts";

/** What a daemon finds when it looks at itself. */
export function checkup({ store }: Site, listens: AdminCheckup["listens"]): AdminCheckup {
  return {
    database: databaseProblem(() => store.check()),
    listens,
    openFiles: openFilesLimit() ?? null,
    lastBackupAt: lastBackup(store) ?? null,
  };
}

/** Null for a database that `check` finds whole. */
function databaseProblem(check: () => void): AdminCheckup["database"] {
  try {
    check();
    return null;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const { code, message, hint } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }) };
  }
}
