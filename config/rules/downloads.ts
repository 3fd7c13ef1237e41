/** Downloads over http or ftp, which can be changed on the way: only with a checksum. */
import type { Path, Report } from "../findings";
import { isSafeOnTheWay } from "../primitives";
import type { Context, Rule } from "./context";

/** The driver's installer, which root runs, and the repository that brings its own key. Images: see vms.ts. */
export const downloads: Rule = ({ hypervisor, lxc, hypervisorReport, lxcReport }: Context) => {
  const driver = hypervisor?.nvidia_driver;
  if (driver?.runfile_sha256 === undefined) {
    const runfile = "add nvidia_driver.runfile_sha256, or name an https address";
    checkDownload(hypervisorReport, ["nvidia_driver", "runfile_url"], driver?.runfile_url, runfile);
    checkDownload(lxcReport, ["nvidia_runfile_url"], lxc?.nvidia_runfile_url, runfile);
  }
  checkDownload(lxcReport, ["nvidia_repo_url"], lxc?.nvidia_repo_url, "name an https address");
};

/** Reports an address that must not be used without a checksum; true when it did. */
export function checkDownload(
  report: Report,
  path: Path,
  address: string | undefined,
  remedy: string,
): boolean {
  if (address === undefined || isSafeOnTheWay(address)) return false;
  report.mistake(
    path,
    "is fetched without encryption and without a checksum: anybody on the way could change what root runs",
    remedy,
    address,
  );
  return true;
}
