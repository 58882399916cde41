/**
 * What the door found out about a caller from labels that go no further: which of the site's
 * groups the user, the host or the network address belongs to, and which labels are proven. It is
 * found anew for each request, so that it follows a change of the site's rules, and never stored.
 */
export interface Standing {
  /** Names of groups. */
  readonly groups: ReadonlySet<string>;
  /** Whether a certificate or token proves the label; otherwise it is the client's word. */
  readonly bound: { readonly user: boolean; readonly host: boolean };
}

/** Of a caller in no group, with nothing proven. */
export const NO_STANDING: Standing = { groups: new Set(), bound: { user: false, host: false } };
