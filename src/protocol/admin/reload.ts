import { z } from "zod";
import { countField, messageField, ruleIdField, vendorNameField } from "../fields.ts";
import { wordField } from "./fields.ts";
import { type AdminRoute, bare } from "./route.ts";

/** What a reload has changed. */
export interface AdminReload {
  /** Rules and groups in force now. */
  readonly rules: number;
  readonly groups: number;
  readonly licenses: readonly {
    readonly vendor: string;
    readonly licenseId: string;
    readonly change: "added" | "removed";
  }[];
  /** Settings that differ from those the daemon runs with, as the file writes them: `listen.port`. */
  readonly needsRestart: readonly string[];
  /** What contradicts what in the rules that are in force now. */
  readonly findings: readonly {
    readonly severity: "error" | "contradiction" | "remark";
    readonly ruleId: string | null;
    readonly text: string;
  }[];
}

export interface ReloadRoutes {
  /** Reads the configuration and the licenses again. */
  readonly reload: AdminRoute<undefined, AdminReload>;
}

const reload: z.ZodType<AdminReload> = z.strictObject({
  rules: countField,
  groups: countField,
  licenses: z.array(
    z.strictObject({
      vendor: vendorNameField,
      licenseId: wordField,
      change: z.enum(["added", "removed"]),
    }),
  ),
  needsRestart: z.array(wordField),
  findings: z.array(
    z.strictObject({
      severity: z.enum(["error", "contradiction", "remark"]),
      ruleId: ruleIdField.nullable(),
      text: messageField,
    }),
  ),
});

export const RELOAD_ROUTES: ReloadRoutes = {
  reload: { ...bare("POST", "/v1/reload"), answer: reload },
};
