import { requirePeer } from "../../../src/observe/exporters/require-peer.js";
import { thrownBy } from "../../support/failure.js";

describe("a package of the user's", () => {
  it("is named where it is not installed", () => {
    const error = thrownBy(() => requirePeer("no-such-package", "coatcheck/none"));
    expect([error.code, error.message]).toEqual([
      "MISSING_DEPENDENCY",
      expect.stringContaining("coatcheck/none needs the package no-such-package, which is not installed"),
    ]);
    expect(error.message).toContain("npm install no-such-package");
  });

  it("is loaded where it is", () => {
    expect(requirePeer("prom-client", "coatcheck/prometheus")).toHaveProperty("Registry");
  });

  it("that fails to load fails as it does", () => {
    const broken = () => {
      throw new TypeError("not of this runtime");
    };
    jest.doMock("broken-peer", broken, { virtual: true });
    expect(() => requirePeer("broken-peer", "coatcheck/none")).toThrow(TypeError);
  });
});
