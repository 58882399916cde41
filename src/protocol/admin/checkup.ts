import { z } from "zod";
import type { UnixMillis } from "../../base/time.ts";
import { countField, momentField } from "../fields.ts";
import { wordField } from "./fields.ts";
import { type AdminProblem, problemSchema } from "./problem.ts";
import { type AdminRoute, bare, posted } from "./route.ts";

/** What `seatkeeper doctor` can learn from the running daemon alone. */
export interface AdminCheckup {
  /** What is wrong with the database; null for one that is whole. */
  readonly database: AdminProblem | null;
  readonly listens: { readonly host: string; readonly port: number };
  /** Files and connections that the process may have open; null where it cannot tell. */
  readonly openFiles: number | null;
  /** When the newest backup that was read back was made; null before the first. */
  readonly lastBackupAt: UnixMillis | null;
}

/** A backup that was written and read back. */
interface AdminBackupChecked {
  readonly madeAt: UnixMillis;
}

export interface CheckupRoutes {
  /** Reads the whole database: nobody is served meanwhile. */
  readonly checkup: AdminRoute<undefined, AdminCheckup>;
  /** Remembers when it was made. */
  readonly backupChecked: AdminRoute<AdminBackupChecked, AdminBackupChecked>;
}

const checkup: z.ZodType<AdminCheckup> = z.strictObject({
  database: problemSchema.nullable(),
  listens: z.strictObject({ host: wordField, port: countField }),
  openFiles: countField.nullable(),
  lastBackupAt: momentField.nullable(),
});

const checked: z.ZodType<AdminBackupChecked> = z.strictObject({ madeAt: momentField });

export const CHECKUP_ROUTES: CheckupRoutes = {
  checkup: { ...bare("GET", "/v1/checkup"), answer: checkup },
  backupChecked: { ...posted("/v1/backup/checked", checked), answer: checked },
};
