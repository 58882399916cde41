import { createPrivateKey, X509Certificate } from "node:crypto";
import { connect, createServer } from "node:tls";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unixMillis } from "../../src/base/time.ts";
import { certificateFingerprint, makeCertificate } from "../../src/crypto/certificate.ts";

const noon = unixMillis(1_795_348_800_000);

/** The fingerprint a client sees of the server it really speaks to. */
function seenFingerprint(server: { certificatePem: string; keyPem: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const listener = createServer({ cert: server.certificatePem, key: server.keyPem }, (socket) => {
      socket.end();
    });
    listener.listen(0, "127.0.0.1", () => {
      const address = listener.address();
      const port = typeof address === "object" && address ? address.port : 0;
      const client = connect({ port, host: "127.0.0.1", ca: server.certificatePem }, () => {
        expect(client.authorized).toBe(true);
        resolve(client.getPeerCertificate().fingerprint256.replaceAll(":", "").toLowerCase());
        client.destroy();
        listener.close();
      });
      client.on("error", reject);
    });
  });
}

describe("a self-made certificate", () => {
  it("names hosts and addresses, and is valid for exactly its days", async () => {
    const made = await makeCertificate({
      names: ["license.example", "127.0.0.1", "::1", "2001:db8::7:0:1"],
      notBefore: noon,
      days: 365,
    });
    const certificate = new X509Certificate(made.certificatePem);
    expect(certificate.subject).toBe("CN=license.example");
    expect(certificate.issuer).toBe("CN=license.example");
    expect(certificate.subjectAltName).toBe(
      "DNS:license.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:2001:DB8:0:0:0:7:0:1",
    );
    expect(certificate.validFrom).toBe("Nov 22 12:00:00 2026 GMT");
    expect(certificate.validTo).toBe("Nov 22 12:00:00 2027 GMT");
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(certificate.checkHost("license.example")).toBe("license.example");
    expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
  });

  it("is signed by its own key", async () => {
    const made = await makeCertificate({ names: ["a.example"], notBefore: noon, days: 1 });
    const certificate = new X509Certificate(made.certificatePem);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(made.keyPem))).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
  });

  it("may reach beyond the year 2049", async () => {
    const made = await makeCertificate({ names: ["a.example"], notBefore: noon, days: 10_000 });
    expect(new X509Certificate(made.certificatePem).validTo).toBe("Apr  9 12:00:00 2054 GMT");
  });

  it("serves tls, and its fingerprint is the one the client sees", async () => {
    const notBefore = unixMillis(Date.now() - 60_000);
    const made = await makeCertificate({ names: ["localhost", "127.0.0.1"], notBefore, days: 2 });
    expect(await seenFingerprint(made)).toBe(certificateFingerprint(made.certificatePem));
  });

  it("carries any address as openssl reads it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.ipV4(), fc.ipV6()), async (address) => {
        const made = await makeCertificate({ names: [address], notBefore: noon, days: 1 });
        const certificate = new X509Certificate(made.certificatePem);
        expect(certificate.checkIP(address)).toBe(address);
      }),
      { numRuns: 60 },
    );
  });

  it.each(["", "a b", "300.1.1.1", "1:2", "naïve.example"])("refuses the name %j", async (name) => {
    await expect(makeCertificate({ names: [name], notBefore: noon, days: 1 })).rejects.toThrow(
      RangeError,
    );
  });
});

describe("a certificate's fingerprint", () => {
  it("is not made of something else", () => {
    expect(() => certificateFingerprint("no certificate")).toThrow(
      expect.objectContaining({ code: "CERTIFICATE_FORMAT" }),
    );
  });
});
