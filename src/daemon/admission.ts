import { type WireError, wireFault } from "../protocol/wire-error.ts";
import type { Proof, Pseudonyms } from "./door.ts";
import type { Enrolments, TokenRefusal } from "./enrolments.ts";

/** Whether somebody may come in, by what they bring to prove who they are. */
export type Admitted =
  | {
      readonly kind: "admitted";
      readonly proofs: readonly Proof[];
      /** False once they may not stay: their token has ended, at a site that lets nobody in without. */
      readonly isWelcome: () => boolean;
    }
  | { readonly kind: "refused"; readonly why: TokenRefusal | "missing"; readonly error: WireError };

/** The site's terms of admission. Another prover, such as a certificate, is asked here beside tokens. */
export class Admission {
  readonly #enrolments: Enrolments;
  readonly #isTokenRequired: boolean;

  constructor(enrolments: Enrolments, access: { readonly tokens: "optional" | "required" }) {
    this.#enrolments = enrolments;
    this.#isTokenRequired = access.tokens === "required";
  }

  /**
   * A token that is no good is refused, and not passed over: who brings one means to be known by it, and
   * would otherwise only learn at the first seat that they are not.
   */
  admit(token: string | undefined, who: Pick<Pseudonyms, "user" | "host">): Admitted {
    if (token === undefined) {
      if (!this.#isTokenRequired) return { kind: "admitted", proofs: [], isWelcome: () => true };
      return { kind: "refused", why: "missing", error: tokenRequired() };
    }
    const judged = this.#enrolments.admit(token, who);
    if (judged.kind === "refused") return { ...judged, error: tokenRefused(judged.why) };
    const { proof } = judged;
    const isWelcome = (): boolean => !this.#isTokenRequired || proof() !== undefined;
    return { kind: "admitted", proofs: [proof], isWelcome };
  }
}

/** What who has to go in the middle is told. */
export const tokenEnded = (): WireError =>
  fault("the enrolment token has ended", "ask the license administrator for a new one");

function tokenRefused(why: TokenRefusal): WireError {
  switch (why) {
    case "unknown":
      return fault(
        "the enrolment token is not known here",
        "each license server has tokens of its own; ask the license administrator for one of this server",
      );
    case "revoked":
      return fault(
        "the enrolment token was revoked",
        "ask the license administrator for a new one, and why",
      );
    case "expired":
      return fault(
        "the enrolment token has expired",
        "ask the license administrator for a new one",
      );
    case "of-somebody-else":
      return fault(
        "the enrolment token is for another user or host",
        "upper and lower case count; ask the license administrator for one of your own",
      );
  }
}

const fault = (message: string, hint: string): WireError =>
  wireFault("TOKEN_REFUSED", message, { hint });

const tokenRequired = (): WireError =>
  wireFault("TOKEN_REQUIRED", "this server greets nobody without an enrolment token", {
    hint: "ask the license administrator for one, and name its file with --token-file",
  });
