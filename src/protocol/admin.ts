import type { z } from "zod";
import { ARCHIVE_ROUTES, type ArchiveRoutes } from "./admin/archive.ts";
import { BACKUP_ROUTES, type BackupRoutes } from "./admin/backup.ts";
import { CHECKUP_ROUTES, type CheckupRoutes } from "./admin/checkup.ts";
import { HISTORY_ROUTES, type HistoryRoutes } from "./admin/history.ts";
import { LICENSE_ROUTES, type LicenseRoutes } from "./admin/licenses.ts";
import { NAMED_USER_ROUTES, type NamedUserRoutes } from "./admin/named-users.ts";
import { type AdminProblem, refusalSchema } from "./admin/problem.ts";
import { RELOAD_ROUTES, type ReloadRoutes } from "./admin/reload.ts";
import type { AdminRequest, AdminRoute } from "./admin/route.ts";
import { SEALED_USAGE_ROUTES, type SealedUsageRoutes } from "./admin/sealed-usage.ts";
import { SEAT_ROUTES, type SeatRoutes } from "./admin/seats.ts";
import { STATUS_ROUTES, type StatusRoutes } from "./admin/status.ts";
import { TOKEN_ROUTES, type TokenRoutes } from "./admin/tokens.ts";
import { TRAIL_ROUTES, type TrailRoutes } from "./admin/trail.ts";
import { USAGE_ROUTES, type UsageRoutes } from "./admin/usage.ts";
import { WHY_ROUTES, type WhyRoutes } from "./admin/why.ts";
import { demand } from "./decode.ts";

/** Everything an administrator can ask. A topic has its own file, each request of it beside its answer. */
interface AdminRoutes
  extends StatusRoutes,
    SeatRoutes,
    UsageRoutes,
    HistoryRoutes,
    SealedUsageRoutes,
    ArchiveRoutes,
    BackupRoutes,
    CheckupRoutes,
    LicenseRoutes,
    ReloadRoutes,
    WhyRoutes,
    NamedUserRoutes,
    TokenRoutes,
    TrailRoutes {}

export type AdminRouteName = keyof AdminRoutes;

/** Those that are answered by one JSON object. */
export type AnsweredRouteName = {
  readonly [R in AdminRouteName]: AdminRoutes[R] extends Answered ? R : never;
}[AdminRouteName];

interface Answered {
  readonly answer: unknown;
}

/** What each route asks. */
export type AdminAskedOf = {
  readonly [R in AdminRouteName]: AdminRoutes[R] extends AdminRequest<infer Asked> ? Asked : never;
};

/** What each route answers. */
export type AdminAnswerOf = {
  readonly [R in AnsweredRouteName]: AdminRoutes[R] extends {
    readonly answer: z.ZodType<infer Answer>;
  }
    ? Answer
    : never;
};

const ROUTES: AdminRoutes = {
  ...STATUS_ROUTES,
  ...SEAT_ROUTES,
  ...USAGE_ROUTES,
  ...HISTORY_ROUTES,
  ...SEALED_USAGE_ROUTES,
  ...ARCHIVE_ROUTES,
  ...BACKUP_ROUTES,
  ...CHECKUP_ROUTES,
  ...LICENSE_ROUTES,
  ...RELOAD_ROUTES,
  ...WHY_ROUTES,
  ...NAMED_USER_ROUTES,
  ...TOKEN_ROUTES,
  ...TRAIL_ROUTES,
};

export const ADMIN_ROUTES: {
  readonly [R in AdminRouteName]: AdminRequest<AdminAskedOf[R]>;
} = ROUTES;

const ANSWERED: {
  readonly [R in AnsweredRouteName]: AdminRoute<AdminAskedOf[R], AdminAnswerOf[R]>;
} = ROUTES;

/** The route that a request is for. @returns undefined when there is none. */
export const adminRouteAt = (
  method: string | undefined,
  path: string,
): AdminRouteName | undefined =>
  Object.keys(ROUTES)
    .filter(isRouteName)
    .find((name) => ROUTES[name].method === method && ROUTES[name].path === path);

const isRouteName = (name: string): name is AdminRouteName => Object.hasOwn(ROUTES, name);

/** What a route answered, as a command reads it. @throws ProtocolError WIRE_FIELD. */
export const decodeAdminAnswer = <R extends AnsweredRouteName>(
  route: R,
  body: unknown,
): AdminAnswerOf[R] => demand(ANSWERED[route].answer, body, route, OTHER_RELEASE);

/** Why a route did not answer. @throws ProtocolError WIRE_FIELD. */
export const decodeAdminRefusal = (body: unknown): AdminProblem =>
  demand(refusalSchema, body, "error", OTHER_RELEASE).error;

const OTHER_RELEASE = {
  hint: "the daemon and this command may be of different releases; restart the daemon",
};
