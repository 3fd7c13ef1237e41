/** One driver version for the host and its guests: the user-space half must match the kernel's. */
import type { Rule } from "./context";

/** The versions of both files, and of the files' URLs. */
export const driverVersions: Rule = ({ hypervisor, lxc, lxcReport, hypervisorReport }) => {
  const host = hypervisor?.nvidia_driver?.version;
  const guests = lxc?.nvidia_driver_version;
  if (host !== undefined && guests !== undefined && host !== guests) {
    lxcReport.mistake(
      ["nvidia_driver_version"],
      `differs from the host's nvidia_driver.version ${host}`,
      "give both files the same version",
      guests,
    );
  }
  const urls = [
    {
      report: hypervisorReport,
      path: ["nvidia_driver", "runfile_url"],
      url: hypervisor?.nvidia_driver?.runfile_url,
      version: host,
    },
    { report: lxcReport, path: ["nvidia_runfile_url"], url: lxc?.nvidia_runfile_url, version: guests },
  ];
  for (const { report, path, url, version } of urls) {
    if (url !== undefined && version !== undefined && !url.includes(version)) {
      report.warning(
        path,
        `does not name the driver version ${version}`,
        "correct the URL or the version",
        url,
      );
    }
  }
};
