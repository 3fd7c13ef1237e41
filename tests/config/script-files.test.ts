// Scripts as people have them: what cannot work is a finding, everything else is carried byte for byte.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { ConfigurationError, loadEstate } from "../../config";
import { readScript, scriptFault } from "../../config/script-file";
import { scratch } from "../helpers/scratch";
import { hypervisor, lxc } from "./samples";

const folder = scratch();
const file = (bytes: string | Buffer) => {
  const path = join(folder, "script.sh");
  writeFileSync(path, bytes);
  return path;
};
const fault = (bytes: string | Buffer, limit = 10_000) => {
  const found = scriptFault(file(bytes), limit);
  return found && `${found.message} — ${found.remedy}`;
};

const windows =
  "has the line ends of Windows (CR LF), which no shell takes for line ends — convert it: sed -i 's/\\r$//' FILE";
const cannotWork: [string, string | Buffer, string][] = [
  ["nothing in it", "", "is empty — write the script, or take its name out"],
  ["only lines without words", "\n \n", "is empty — write the script, or take its name out"],
  ["a byte order mark alone", "\ufeff", "is empty — write the script, or take its name out"],
  ["CR LF everywhere", "#!/bin/bash\r\necho hello\r\n", windows],
  ["CR LF behind a byte order mark", "\ufeff#!/bin/bash\r\necho hello\r\n", windows],
  ["CR LF in the first line alone", "#!/bin/bash\r\necho hello\n", windows],
  ["CR LF without a first line", "set -e\r\necho\r\n", windows],
  ["CR LF in all but the first line", "#!/bin/bash\nif true; then\r\necho\r\nfi\r\n", windows],
  ["CR alone", "#!/bin/bash\recho hello\r", windows],
  [
    "UTF-16",
    Buffer.from("\ufeff#!/bin/bash\n", "utf16le"),
    "is UTF-16, which no shell reads — save it as UTF-8",
  ],
  [
    "a program",
    "\x7fELF\x02\x01\x01",
    "is a program and no script — write a script that fetches and starts it",
  ],
  [
    "no path",
    "#!bash\necho\n",
    'has the first line "#!bash", which names no program by its path — write #!/bin/bash or #!/usr/bin/env python3',
  ],
  [
    "no program",
    "#!\necho\n",
    'has the first line "#!", which names no program by its path — write #!/bin/bash or #!/usr/bin/env python3',
  ],
  [
    "env without a program",
    "#!/usr/bin/env\necho\n",
    'has the first line "#!/usr/bin/env", which names no program — write #!/usr/bin/env python3',
  ],
  [
    "env with a word too many",
    "#!/usr/bin/env python3 -u\nprint()\n",
    'has the first line "#!/usr/bin/env python3 -u": env takes all of "python3 -u" for a program\'s name — write #!/usr/bin/env -S python3 -u',
  ],
  [
    "an empty line before the first",
    "\n#!/usr/bin/python3\nprint()\n",
    'has its first line, "#!/usr/bin/python3", behind other lines or spaces, where it does not count — begin the file with #!',
  ],
  [
    "more than it may have",
    `#!/bin/bash\n${"#".repeat(20_000)}\n`,
    "has 20 KiB, and a script may have 10 KiB — let it fetch what is large, or read that from a shared folder",
  ],
];

describe("a script that cannot work", () => {
  for (const [name, bytes, message] of cannotWork) {
    it(name, () => assert.equal(fault(bytes), message));
  }
  it("a folder, a pipe or a link to nothing in its place", () => {
    const link = join(folder, "link.sh");
    symlinkSync("nowhere", link);
    assert.deepEqual(
      [folder, "/dev/zero", link].map((path) => scriptFault(path, 10)?.message),
      ["is a folder", "is no file", "is a link to nothing"],
    );
  });
});

describe("a script that works is carried byte for byte", () => {
  const archive = Buffer.concat([
    Buffer.from("#!/bin/sh\ntail -n +3 $0\n"),
    Buffer.from([0, 0xff, 0x0d, 0x0a, 0xc3]),
  ]);
  const latin = Buffer.from("#!/bin/sh\necho caf\xe9\n", "latin1");
  const rows: [string, string | Buffer, object][] = [
    ["as text", "#!/bin/bash\necho é\n", { script: "#!/bin/bash\necho é\n" }],
    ["without a first line", "[[ -n x ]]\n", { script: "[[ -n x ]]\n" }],
    ["without a last line's end", "#!/bin/bash\necho", { script: "#!/bin/bash\necho" }],
    ["without its byte order mark", "\ufeff#!/bin/bash\n", { script: "#!/bin/bash\n" }],
    ["with an archive behind it", archive, { script64: archive.toString("base64") }],
    ["in another encoding", latin, { script64: latin.toString("base64") }],
    [
      "with a CR that somebody means",
      "echo\nprintf 'a\r\n'\necho\n",
      { script: "echo\nprintf 'a\r\n'\necho\n" },
    ],
    [
      "with a word for its program",
      "#! /usr/bin/env -S python3 -u\n",
      { script: "#! /usr/bin/env -S python3 -u\n" },
    ],
  ];
  for (const [name, bytes, content] of rows) {
    it(name, () => {
      assert.equal(fault(bytes), undefined);
      assert.deepEqual(readScript(file(bytes)), content);
    });
  }
});

test("validate finds them in application scripts, features, hooks and machines' scripts, all at once", () => {
  const place = scratch();
  const host = { ...(hypervisor() as object), vms: [] };
  const containers = lxc() as { lxc_configs: Record<string, Record<string, unknown>> };
  containers.lxc_configs["900"]!.application_script = "app.sh";
  containers.lxc_configs["901"]!.features = ["own"];
  for (const name of ["scripts", "features", "hooks"]) mkdirSync(join(place, name));
  const bad = "#!/bin/bash\r\necho\r\n";
  writeFileSync(join(place, "scripts", "app.sh"), bad);
  writeFileSync(join(place, "features", "feature_own.sh"), "");
  for (const ctid of [900, 901])
    writeFileSync(join(place, "hooks", `phoenix_hypervisor_setup_${ctid}.sh`), bad);
  // The other one is left out with a warning.
  chmodSync(join(place, "hooks", "phoenix_hypervisor_setup_901.sh"), 0o755);
  const files = { hypervisorConfig: join(place, "host.json"), lxcConfigs: join(place, "lxc.json") };
  writeFileSync(files.hypervisorConfig, JSON.stringify(host));
  writeFileSync(files.lxcConfigs, JSON.stringify(containers));
  assert.throws(
    () => loadEstate(files),
    (error: ConfigurationError) => {
      assert.deepEqual(
        error.mistakes.map(({ path, message, remedy }) => `${path}: ${message} — ${remedy}`),
        [
          `lxc_configs.900.application_script: leads to scripts/app.sh, which ${windows.replace("FILE", "scripts/app.sh")}`,
          `lxc_configs.901: has the hook hooks/phoenix_hypervisor_setup_901.sh, which ${windows.replace("FILE", "hooks/phoenix_hypervisor_setup_901.sh")}`,
          "lxc_configs.901.features[0]: leads to features/feature_own.sh, which is empty — write the script, or take its name out",
        ],
      );
      return true;
    },
  );
});
