import type { AdminUsageRow } from "../protocol/admin/usage.ts";
import type { UsageRange } from "../store/usage-days.ts";
import type { VendorDesk } from "./vendor-desk.ts";

/** What was used on each day, vendor after vendor. */
export const usageDays = (
  desks: Iterable<VendorDesk>,
  range: UsageRange,
): readonly AdminUsageRow[] => [...desks].flatMap((desk) => usageOf(desk, range));

const usageOf = ({ name: vendor, core }: VendorDesk, range: UsageRange): readonly AdminUsageRow[] =>
  core.store.usageReport(vendor, range).map((row) => {
    if (row.kind === "meter") return { vendor, ...row, netUnits: row.units - row.refundedUnits };
    const { overdrafts: _, denialsByReason: __, ...figures } = row;
    return { vendor, ...figures };
  });
