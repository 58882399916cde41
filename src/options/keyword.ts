/** What becomes of the lines of a keyword. */
export type Treatment =
  | { readonly kind: "group"; readonly list: MemberList }
  | { readonly kind: "include" | "exclude"; readonly all: boolean }
  | { readonly kind: "reserve" | "max" | "priority" }
  | { readonly kind: "linger" }
  /** Nobody of these may borrow. */
  | { readonly kind: "borrow-ban"; readonly all: boolean }
  | { readonly kind: "borrow-limit"; readonly option: "days" | "seats" }
  | { readonly kind: "borrow-hours" }
  | { readonly kind: "timeout"; readonly all: boolean }
  | { readonly kind: "group-case" | "host-matching" | "express" }
  /** It decides nothing about seats. */
  | { readonly kind: "ignored"; readonly why: string }
  | ({ readonly kind: "untranslated" } & Refusal);

export type MemberList = "users" | "hosts" | "networks";

/** Why a line, or a part of it, has no translation. */
export interface Refusal {
  /** Lower case, without a full stop. */
  readonly why: string;
  /** What to do instead. */
  readonly instead: string;
}

/** A keyword of an options file. One row of the table in docs/ADMINISTRATION.md. */
export interface Keyword {
  /** In upper case; the first word of its lines. */
  readonly word: string;
  /** What follows it, as people write it down. */
  readonly form: string;
  /** What it becomes here; of those that become nothing, the treatment says why. */
  readonly here?: string;
  readonly treatment: Treatment;
}

/** How a license manager writes its options. */
export interface Dialect {
  readonly name: "FlexNet" | "RLM";
  readonly keywords: readonly Keyword[];
  /** Whether a `\` at the end of a line goes on at the next one. */
  readonly continues: boolean;
  /** Characters of an option that the original reads. */
  readonly longestOption: number;
  /** Whether upper and lower case are the same in logins and names of groups. */
  readonly ignoresCase: boolean;
  /** Whether a name of a host may be an address instead. */
  readonly hostsByAddress: boolean;
  /** Whether only who is on the list for all features may be on that of one. */
  readonly includeAllBinds: boolean;
  /** The name that stands for every user in a `MAX` line, and that for every group. */
  readonly everyUser: string;
  readonly everyGroup: string | null;
}

/** The cell of the table that says what becomes of the keyword. */
export function fateInWords({ here, treatment }: Keyword): string {
  if (treatment.kind === "ignored") return `ignored: ${treatment.why}`;
  if (treatment.kind === "untranslated") {
    return `not translated: ${treatment.why}; ${treatment.instead}`;
  }
  return here ?? "";
}
