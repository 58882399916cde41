import type { NotReady } from "./health.ts";

/** What {@link statusLine} tells of. */
export interface DaemonLoad {
  readonly connections: number;
  readonly features: readonly { readonly seats: number; readonly used: number }[];
  readonly problems: readonly NotReady[];
}

/** The daemon in one line without names, as `systemctl status` shows it. */
export function statusLine({ connections, features, problems }: DaemonLoad): string {
  const seats = features.reduce((sum, each) => sum + each.seats, 0);
  const used = features.reduce((sum, each) => sum + each.used, 0);
  const clients = connections === 1 ? "1 client" : `${connections} clients`;
  const codes = problems.map(({ code }) => code).join(", ");
  return `${clients}, ${used} of ${seats} seats used${codes === "" ? "" : `; not ready: ${codes}`}`;
}
