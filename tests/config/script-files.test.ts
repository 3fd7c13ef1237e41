// Scripts as people have them: what cannot work is a finding, everything else is carried byte for byte.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { ConfigurationError, loadEstate } from "../../config";
import { carriedFiles } from "../../config/carried-files";
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

describe("what is carried with a script", () => {
  const beside = scratch();
  const at = (...path: string[]) => join(beside, "scripts", ...path);
  for (const path of ["web", "lib/deep", "certs"]) mkdirSync(at(path), { recursive: true });
  for (const name of ["web.sh", "web.prod.sh", "webby.conf", "other.conf"]) writeFileSync(at(name), "true\n");
  writeFileSync(at("web.conf"), "a = 1\n");
  chmodSync(at("web.conf"), 0o640);
  writeFileSync(at("web", "bytes"), Buffer.from([0, 255]));
  writeFileSync(at("lib", "deep", "tool"), "#!/bin/sh\n");
  chmodSync(at("lib", "deep", "tool"), 0o750);
  for (const folder of ["web", "lib", "lib/deep", "certs"]) chmodSync(at(folder), 0o755);
  writeFileSync(at("certs", "ca.pem"), "ca\n");
  for (const name of [at("web", "bytes"), at("certs", "ca.pem")]) chmodSync(name, 0o644);

  const ofName = [
    { path: "lib", mode: "755" },
    { path: "lib/deep", mode: "755" },
    { path: "lib/deep/tool", mode: "750", text: "#!/bin/sh\n" },
    { path: "web", mode: "755" },
    { path: "web.conf", mode: "640", text: "a = 1\n" },
    { path: "web/bytes", mode: "644", base64: "AP8=" },
  ];

  it("is the folder lib and what has its name, with bytes and modes", () =>
    assert.deepEqual(carriedFiles(at("web.sh")), ofName));
  it("is what the entry names, each once", () =>
    assert.deepEqual(carriedFiles(at("web.sh"), ["certs/ca.pem", "web.conf"]), [
      { path: "certs/ca.pem", mode: "644", text: "ca\n" },
      ...ofName,
    ]));

  /** What is wrong with an entry that names these. */
  const mistakes = (named: string[]) => {
    const document = lxc() as { lxc_configs: Record<string, object> };
    Object.assign(document.lxc_configs["901"]!, { application_script: "web.sh", application_files: named });
    writeFileSync(join(beside, "host.json"), JSON.stringify(hypervisor()));
    writeFileSync(join(beside, "lxc.json"), JSON.stringify(document));
    try {
      loadEstate({ hypervisorConfig: join(beside, "host.json"), lxcConfigs: join(beside, "lxc.json") });
      return [];
    } catch (error) {
      assert.ok(error instanceof ConfigurationError);
      return error.mistakes.map(({ path, message, remedy }) => `${path}: ${message} — ${remedy}`);
    }
  };

  it("is refused where it is not there, a link, no name or too much", () => {
    const key = "lxc_configs.901.application_files";
    assert.deepEqual(mistakes(["certs"]), []);
    assert.deepEqual(mistakes(["gone.conf"]), [
      `${key}: has scripts/gone.conf carried with scripts/web.sh, which is not there — put it beside the script, readable, or take its name out`,
    ]);
    symlinkSync("/etc/passwd", at("link"));
    assert.deepEqual(mistakes(["link"]), [
      `${key}: has scripts/link carried with scripts/web.sh, which is a link — put the file itself there`,
    ]);
    assert.match(mistakes(["../lxc.json"]).join(), /is not the name of a file or folder beside the script/);
    writeFileSync(at("web.large"), Buffer.alloc(5 << 20));
    assert.deepEqual(mistakes([]), [
      "lxc_configs.901.application_script: has scripts/web.large carried with scripts/web.sh, which has, with the script and all that is carried with it, 5,121 KiB, and 4,096 KiB may be carried — let the script fetch what is large, or read it from a shared folder",
    ]);
  });
});
