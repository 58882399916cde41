import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { readVendorFile, writeVendorFile } from "../../src/license/vendor-file.ts";
import { issuerNote, mallory, resigned, root, vendor, vendorFields } from "./given.ts";

const refusal = (code: string): unknown => expect.objectContaining({ code });
const file = writeVendorFile(vendorFields, root);
const rewritten = (edit: (text: string) => string): string => resigned(file, vendor, root, edit);

describe("a vendor file", () => {
  it("gives back what was written", () => {
    expect(readVendorFile(file)).toEqual({ ...vendorFields, text: file });
    expect(readVendorFile(utf8(file), root.publicKey)).toEqual({ ...vendorFields, text: file });
  });

  it("is believed once under its own key, and later under that key alone", () => {
    const other = writeVendorFile(
      { ...vendorFields, rootKey: mallory.publicKey, issuers: [] },
      mallory,
    );
    expect(readVendorFile(other).rootKey).toEqual(mallory.publicKey);
    expect(() => readVendorFile(other, root.publicKey)).toThrow(refusal("VENDOR_FILE_KEY"));
  });

  it("is not signed by another key than the one inside", () => {
    expect(() => readVendorFile(writeVendorFile(vendorFields, mallory))).toThrow(
      refusal("VENDOR_FILE_SIGNATURE"),
    );
  });

  it("does not survive a change", () => {
    expect(() => readVendorFile(file.replace('"created_at": 1', '"created_at": 2'))).toThrow(
      refusal("VENDOR_FILE_SIGNATURE"),
    );
  });

  it("certifies no issuing key that its root key did not sign", () => {
    const fields = { ...vendorFields, rootKey: mallory.publicKey };
    expect(() => readVendorFile(writeVendorFile(fields, mallory))).toThrow(
      refusal("LICENSE_ISSUER"),
    );
  });

  it("is no other kind of note", () => {
    expect(() => readVendorFile(issuerNote)).toThrow(refusal("NOTE_KIND"));
  });

  it.each([
    ["a key id that is not of its key", /"kid": "./, '"kid": "z'],
    ["another key's id", /"kid": "[0-9a-f]{16}"/, '"kid": "0123456789abcdef"'],
    ["a name with capitals", '"name": "acme', '"name": "Acme'],
    ["no sealing key", /"sealing_keys": \[[^\]]*\]/, '"sealing_keys": []'],
    ["an unknown field", '"created_at"', '"created"'],
  ])("is refused with %s", (_, before, after) => {
    expect(() => readVendorFile(rewritten((text) => text.replace(before, after)))).toThrow(
      refusal("VENDOR_FILE_FIELD"),
    );
  });
});
