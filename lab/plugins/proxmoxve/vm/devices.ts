import type { Parameters } from "../api/client";
import type { WireMap } from "../../shared/wire";
import { bit, block, blocks, flag, joinProperties, number, text } from "../values";

/** Every device beside disks and networks, as a creation sends it. */
export function allDevices(planned: WireMap): Parameters {
  return {
    ...amdSevParameter(planned),
    ...audioParameter(planned),
    ...efiParameter(planned),
    ...tpmParameter(planned),
    ...numaParameters(planned),
    ...pciParameters(planned),
    ...rngParameter(planned),
    ...serialParameters(planned),
    ...usbParameters(planned),
    ...virtiofsParameters(planned),
  };
}

export function amdSevParameter(planned: WireMap): Parameters {
  const sev = block(planned, "amdSev");
  if (!sev) return {};
  return {
    "amd-sev": joinProperties([
      ["type", text(sev, "type")],
      ["allow-smt", bit(flag(sev, "allowSmt"))],
      ["kernel-hashes", bit(flag(sev, "kernelHashes"))],
      ["no-debug", bit(flag(sev, "noDebug"))],
      ["no-key-sharing", bit(flag(sev, "noKeySharing"))],
    ]),
  };
}

export function audioParameter(planned: WireMap): Parameters {
  const audio = block(planned, "audioDevice");
  if (!audio || !flag(audio, "enabled")) return {};
  return { audio0: `device=${text(audio, "device")},driver=${text(audio, "driver")}` };
}

export function efiParameter(planned: WireMap): Parameters {
  const efi = block(planned, "efiDisk");
  if (!efi) return {};
  return {
    efidisk0: joinProperties([
      ["file", `${text(efi, "datastoreId")}:1`],
      ["format", text(efi, "fileFormat") || "raw"],
      ["efitype", text(efi, "type")],
      ["pre-enrolled-keys", bit(flag(efi, "preEnrolledKeys"))],
    ]),
  };
}

export function tpmParameter(planned: WireMap): Parameters {
  const tpm = block(planned, "tpmState");
  return tpm
    ? { tpmstate0: `file=${text(tpm, "datastoreId")}:1,version=${text(tpm, "version") || "v2.0"}` }
    : {};
}

export function numaParameters(planned: WireMap): Parameters {
  return Object.fromEntries(
    blocks(planned, "numas").map((numa, index) => [
      /^numa\d+$/.test(text(numa, "device")) ? text(numa, "device") : `numa${index}`,
      joinProperties([
        ["cpus", text(numa, "cpus")],
        ["hostnodes", text(numa, "hostnodes") || undefined],
        ["memory", number(numa, "memory")],
        ["policy", text(numa, "policy")],
      ]),
    ]),
  );
}

/** @throws For a device with neither an address nor a mapping. */
export function pciParameters(planned: WireMap): Parameters {
  return Object.fromEntries(
    blocks(planned, "hostpcis").map((pci) => {
      const at = text(pci, "device");
      if (text(pci, "id") === "" && text(pci, "mapping") === "")
        throw new Error(
          `failed to encode PCI device ${at}: either device ID or resource mapping must be set`,
        );
      const line = joinProperties([
        ["host", text(pci, "id") || undefined],
        ["mapping", text(pci, "mapping") || undefined],
        ["mdev", text(pci, "mdev") || undefined],
        ["pcie", bit(flag(pci, "pcie"))],
        ["rombar", bit(flag(pci, "rombar"))],
        ["romfile", text(pci, "romFile") || undefined],
        ["x-vga", bit(flag(pci, "xvga"))],
      ]);
      return [at, line];
    }),
  );
}

export function rngParameter(planned: WireMap): Parameters {
  const [rng] = blocks(planned, "rngs");
  if (!rng) return {};
  return {
    rng0: joinProperties([
      ["source", text(rng, "source") || undefined],
      ["max_bytes", number(rng, "maxBytes") || 1024],
      ["period", number(rng, "period") || 1000],
    ]),
  };
}

export function serialParameters(planned: WireMap): Parameters {
  return Object.fromEntries(
    blocks(planned, "serialDevices").map((device, index) => [`serial${index}`, text(device, "device")]),
  );
}

/** @throws For a device with neither an address nor a mapping. */
export function usbParameters(planned: WireMap): Parameters {
  return Object.fromEntries(
    blocks(planned, "usbs").map((usb, index) => {
      if (text(usb, "host") === "" && text(usb, "mapping") === "")
        throw new Error(
          `error encoding USB device ${index}: either device ID or resource mapping must be set`,
        );
      const line = joinProperties([
        ["host", text(usb, "host") || undefined],
        ["mapping", text(usb, "mapping") || undefined],
        ["usb3", bit(flag(usb, "usb3"))],
      ]);
      return [`usb${index}`, line];
    }),
  );
}

/**
 * Access lists imply extended attributes, which then go unsaid.
 * @throws For a share with the first and without the second.
 */
export function virtiofsParameters(planned: WireMap): Parameters {
  return Object.fromEntries(
    blocks(planned, "virtiofs").map((share, index) => {
      const [acl, attributes] = [flag(share, "exposeAcl"), flag(share, "exposeXattr")];
      if (acl && !attributes)
        throw new Error(
          `failed to encode virtiofs share virtiofs${index}: expose_xattr must be omitted or true when expose_acl ` +
            "is enabled",
        );
      const line = joinProperties([
        ["dirid", text(share, "mapping")],
        ["cache", text(share, "cache") || undefined],
        ["direct-io", bit(flag(share, "directIo"))],
        ["expose-acl", bit(acl)],
        ["expose-xattr", acl ? undefined : bit(attributes)],
      ]);
      return [`virtiofs${index}`, line];
    }),
  );
}
