/** What is fetched over http or ftp, where anybody on the way can put something else in its place: only with a checksum. */
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

/** Tells of an address that must not be fetched as it is; true when it did. */
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
