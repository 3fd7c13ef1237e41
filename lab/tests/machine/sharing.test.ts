/** What exportfs and testparm answer: recorded from nfs-utils 2.6.2 and Samba 4.17.12, and asked of the real ones where they are. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { exportfs } from "../../host/machine/commands/sharing/exportfs";
import { md4, ntHash } from "../../host/machine/commands/sharing/md4";
import { net } from "../../host/machine/commands/sharing/net";
import { testparm } from "../../host/machine/commands/sharing/testparm";
import type { Command, Host } from "../../host/types";

interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

const root = mkdtempSync(join(tmpdir(), "phoenix-sharing-"));
const host = {
  root,
  node: "phoenix",
  machine: { bridges: [] },
  latency: () => Promise.resolve(),
} as unknown as Host;

async function ask(command: Command, name: string, ...args: string[]): Promise<Said> {
  const answer = await command(host, {
    name,
    args,
    cwd: "/",
    stdin: () => Promise.resolve(Buffer.alloc(0)),
  });
  if ("exec" in answer) return assert.fail("a program took its place");
  return { code: answer.code, stdout: answer.stdout ?? "", stderr: answer.stderr ?? "" };
}

before(() => {
  for (const folder of ["etc/exports.d", "etc/samba", "srv/data", "srv/data2", "var/lib/nfs"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  writeFileSync(join(root, "etc/hosts"), "127.0.0.1 localhost\n");
});
after(() => rmSync(root, { recursive: true }));

const shown = (access: string) =>
  `(sync,wdelay,hide,no_subtree_check,sec=sys,${access},root_squash,no_all_squash)`;
const note = (client: string) =>
  `exportfs: /etc/exports.d/x.exports [1]: Neither 'subtree_check' or 'no_subtree_check' specified for export "${client}:/srv/data".\n` +
  "  Assuming default behaviour ('no_subtree_check').\n  NOTE: this default has changed since nfs-utils version 1.0.x\n\n";
const place = "/etc/exports.d/x.exports";

/** Text of a file, exit code of `exportfs -ra`, what it says, and what `exportfs -s` shows then. */
const exportRows: [text: string, code: number, stderr: string, table: string][] = [
  ["/srv/data 10.0.0.0/24(rw,sync,no_subtree_check)", 0, "", `/srv/data  10.0.0.0/24${shown("rw")}\n`],
  ["/srv/data 10.0.0.0/24(rw,bogus)", 1, `exportfs: ${place}:1: unknown keyword "bogus"\n\n`, ""],
  ["/srv/data 10.0.0.0/24(rw", 1, `exportfs: ${place}:1: syntax error: bad option list\n`, ""],
  [
    "/srv/data 10.0.0.0/24(rw),10.0.1.0/24(rw)",
    1,
    `exportfs: ${place}:1: syntax error: bad option list\n`,
    "",
  ],
  ["/srv/data 10.0.0.0/24(rw)", 0, note("10.0.0.0/24"), `/srv/data  10.0.0.0/24${shown("rw")}\n`],
  [
    "/srv/none 10.0.0.0/24(rw,no_subtree_check)",
    1,
    "exportfs: Failed to stat /srv/none: No such file or directory\n",
    `/srv/none  10.0.0.0/24${shown("rw")}\n`,
  ],
  [
    "/srv/data 10.0.0.0/24",
    0,
    `exportfs: No options for /srv/data 10.0.0.0/24: suggest 10.0.0.0/24(sync) to avoid warning\n${note("10.0.0.0/24")}`,
    `/srv/data  10.0.0.0/24${shown("ro")}\n`,
  ],
  ["/srv/data 10.0.0.0/24(rw,anonuid=x)", 1, `exportfs: ${place}: 1: bad anonuid "anonuid=x"\n\n`, ""],
  ["/srv/data 10.0.0.0/24(rw,sec=bogus)", 1, "exportfs: unknown flavor bogus\n\n", ""],
  ["/srv/data 10.0.0.0/24(rw,fsid=zz)", 1, `exportfs: ${place}: 1: bad fsid "fsid=zz"\n\n`, ""],
  [
    "/srv/data 10.0.0.0/33(rw,no_subtree_check)",
    1,
    "exportfs: Invalid prefix `33' for 10.0.0.0/33\n".repeat(2),
    "",
  ],
  [
    "/srv/data 10.0.0.1(rw,no_subtree_check) 10.0.0.1(rw,no_subtree_check)",
    1,
    "exportfs: duplicated export entries:\nexportfs: \t10.0.0.1:/srv/data\nexportfs: \t10.0.0.1:/srv/data\n",
    `/srv/data  10.0.0.1${shown("rw")}\n`,
  ],
  [
    "/srv/data -rw,no_subtree_check 10.0.0.1 10.0.0.2(ro)",
    0,
    "",
    `/srv/data  10.0.0.1${shown("rw")}\n/srv/data  10.0.0.2${shown("ro")}\n`,
  ],
  [
    "# nothing\n\n/srv/data \\\n 10.0.0.7(ro,no_subtree_check) # end",
    0,
    "",
    `/srv/data  10.0.0.7${shown("ro")}\n`,
  ],
  [
    "/srv/data 10.0.0.1(rw,no_subtree_check)\n/srv/data2 10.0.0.1(rw,bogus)\n/srv/data2 10.0.0.3(rw,no_subtree_check)",
    1,
    `exportfs: ${place}:2: unknown keyword "bogus"\n\n`,
    `/srv/data  10.0.0.1${shown("rw")}\n`,
  ],
];

describe("exportfs of the lab", () => {
  for (const [text, code, stderr, table] of exportRows) {
    test(text, async () => {
      writeFileSync(join(root, place), `${text}\n`);
      assert.deepEqual(await ask(exportfs, "exportfs", "-ra"), { code, stdout: "", stderr });
      assert.equal((await ask(exportfs, "exportfs", "-s")).stdout, table);
    });
  }

  test("by hand: -i -o, -u and what they refuse", async () => {
    writeFileSync(join(root, place), "");
    await ask(exportfs, "exportfs", "-ra");
    const refused = (stderr: string) => ({ code: 1, stdout: "", stderr });
    assert.deepEqual(
      await ask(exportfs, "exportfs", "-i", "-o", "rw,bogus", "10.0.0.1:/srv/data"),
      refused('exportfs: command line:0: unknown keyword "bogus"\n\n'),
    );
    assert.equal((await ask(exportfs, "exportfs", "-i", "-o", "rw", "10.0.0.1:/srv/data")).code, 0);
    assert.equal((await ask(exportfs, "exportfs", "-v")).stdout, `/srv/data     \t10.0.0.1${shown("rw")}\n`);
    assert.equal((await ask(exportfs, "exportfs", "-u", "10.0.0.1:/srv/data")).code, 0);
    assert.deepEqual(
      await ask(exportfs, "exportfs", "-u", "10.0.0.1:/srv/data"),
      refused("exportfs: Could not find '10.0.0.1:/srv/data' to unexport.\n"),
    );
    assert.deepEqual(
      await ask(exportfs, "exportfs", "-u", "nope"),
      refused("exportfs: Invalid export syntax: nope\n"),
    );
    assert.deepEqual(
      await ask(exportfs, "exportfs", "-z"),
      refused("exportfs: invalid option -- 'z'\nusage: exportfs [-adfhioruvs] [host:/path]\n"),
    );
  });

  test("the table on disk", async () => {
    writeFileSync(join(root, place), "/srv/data 10.0.0.0/24(rw,sync,no_subtree_check)\n");
    await ask(exportfs, "exportfs", "-ra");
    assert.equal(
      readFileSync(join(root, "var/lib/nfs/etab"), "utf8"),
      "/srv/data\t10.0.0.0/24(rw,sync,wdelay,hide,nocrossmnt,secure,root_squash,no_all_squash,no_subtree_check,secure_locks,acl,no_pnfs,anonuid=65534,anongid=65534,sec=sys,rw,root_squash,no_all_squash)\n",
    );
  });
});

/** Text of a configuration, exit code, what testparm says between its first line and its last ones, its sections. */
const confRows: [text: string, code: number, said: string[], stdout: string][] = [
  [
    "[global]\nworkgroup = W\nbogus = 1\n[a]\npath=/srv/data\nwritable = yes",
    0,
    ['Unknown parameter encountered: "bogus"', 'Ignoring unknown parameter "bogus"'],
    "\tworkgroup = W\n\tidmap config * : backend = tdb\n\n\n[a]\n\tpath = /srv/data\n\tread only = No\n",
  ],
  ["[a]\npath=/srv/data\nwritable = maybe", 1, ["set_variable_helper(maybe): value is not boolean!"], ""],
  ["[a]\npath=/srv/data\ncreate mask = 9x", 1, ["Invalid octal number create mask"], ""],
  ["[global]\n[a\npath=/srv/data", 1, [], ""],
  ["[global]\nmax log size = ten", 1, ["set_variable_helper(ten): value is not a valid size specifier!"], ""],
  [
    "[global]\nserver role = bogus",
    1,
    ["WARNING: Ignoring invalid value 'bogus' for parameter 'server role'"],
    "",
  ],
  [
    "[a]\npath = /srv/data\nworkgroup = x",
    0,
    ["Global parameter workgroup found in service section!"],
    "\tidmap config * : backend = tdb\n\n\n[a]\n\tpath = /srv/data\n",
  ],
  [
    "[global]\nnonsense\nmap to guest = bad user\nserver role = standalone\n[a]\npath = /srv/data\ncreate mask = 770\nvalid users = heads, @staff\npublic = no",
    0,
    [],
    "\tmap to guest = Bad User\n\tserver role = standalone server\n\tidmap config * : backend = tdb\n\n\n[a]\n\tcreate mask = 0770\n\tpath = /srv/data\n\tvalid users = heads @staff\n",
  ],
  [
    "[a]\nvalid users = x",
    0,
    ["WARNING: No path in service a - making it unavailable!", "NOTE: Service a is flagged unavailable."],
    "\tidmap config * : backend = tdb\n\n\n[a]\n\tavailable = No\n\tvalid users = x\n",
  ],
];

/** In these FOLDER stands for the folder of the files, as the program sees it. */
const included = { "films.conf": "[Films]\npath = /srv/data\nguest ok = yes\n", "empty-.conf": "[seen]\n" };

confRows.push(
  [
    "[global]\nworkgroup = W\ninclude = FOLDER/films.conf\ndeadtime = 3\n[films]\ncomment = more",
    0,
    ["Global parameter deadtime found in service section!"],
    "\tworkgroup = W\n\tidmap config * : backend = tdb\n\tinclude = FOLDER/films.conf\n\n\n[Films]\n\tcomment = more\n\tguest ok = Yes\n\tpath = /srv/data\n",
  ],
  [
    "[a]\npath = /srv/data\nguest ok = yes\n[b]\ncopy = A\ncomment = x\n",
    0,
    [],
    "\tidmap config * : backend = tdb\n\n\n[a]\n\tguest ok = Yes\n\tpath = /srv/data\n\n\n[b]\n\tcomment = x\n\tcopy = A\n\tguest ok = Yes\n\tpath = /srv/data\n",
  ],
  ["[b]\ncopy = none\npath = /srv/data", 1, ["Unable to copy service - source not found: none"], ""],
  [
    "[global]\ninclude = FOLDER/empty-%m.conf\npath = /srv/data",
    0,
    [],
    "\tidmap config * : backend = tdb\n\tinclude = FOLDER/empty-.conf\n\n\n[seen]\n\tpath = /srv/data\n",
  ],
);

const real = spawnSync("testparm", ["--version"]).status === 0;

for (const [which, skip] of [
  ["the lab", false],
  ["this machine", real ? false : "testparm (samba-common-bin) is not installed"],
] as const) {
  describe(`testparm of ${which}`, { skip }, () => {
    for (const [text, code, said, sections] of confRows) {
      test(text, async () => {
        const folder = which === "the lab" ? "/etc/samba" : join(root, "etc/samba");
        const file = `${folder}/x.conf`;
        const placed = (written: string) => written.replaceAll("FOLDER", folder);
        for (const [name, content] of Object.entries({ ...included, "x.conf": `${placed(text)}\n` }))
          writeFileSync(join(root, "etc/samba", name), content);
        const answer =
          which === "the lab"
            ? await ask(testparm, "testparm", "-s", file)
            : (({ status, stdout, stderr }) => ({ code: status, stdout, stderr }))(
                spawnSync("testparm", ["-s", file], { encoding: "utf8" }),
              );
        assert.equal(answer.code, code);
        assert.equal(answer.stdout, code === 0 ? placed(`# Global parameters\n[global]\n${sections}`) : "");
        const lines = answer.stderr
          .split("\n")
          .filter((line) => said.includes(line) || line.startsWith("Error"));
        assert.deepEqual(lines, [...said, ...(code === 0 ? [] : ["Error loading services."])]);
        assert.match(
          answer.stderr,
          code === 0 ? /^Loaded services file OK\.$/m : /^Load smb config files from /,
        );
      });
    }
  });
}

test("Samba's registry: shares beside the files, or in their place", async () => {
  const write = (name: string, text: string) => writeFileSync(join(root, "etc/samba", name), text);
  write("stored.conf", "[global]\nworkgroup = REG\n[Stored]\npath = /srv/data\n");
  mkdirSync(join(root, "var/lib/samba"), { recursive: true });
  assert.equal((await ask(net, "net", "conf", "import", "/etc/samba/stored.conf")).code, 0);
  write("x.conf", "[global]\nworkgroup = W\ninclude = registry\n[own]\npath = /srv\n");
  assert.equal(
    (await ask(testparm, "testparm", "-s", "/etc/samba/x.conf")).stdout,
    "# Global parameters\n[global]\n\tregistry shares = Yes\n\tworkgroup = REG\n\tidmap config * : backend = tdb\n\n\n[own]\n\tpath = /srv\n\n\n[Stored]\n\tpath = /srv/data\n",
  );
  write("x.conf", "[global]\nworkgroup = W\nconfig backend = registry\n[own]\npath = /srv\n");
  const { stdout, stderr } = await ask(testparm, "testparm", "-s", "/etc/samba/x.conf");
  assert.match(stderr, /^lp_load_ex: changing to config backend registry$/m);
  assert.doesNotMatch(stdout, /\[own\]/);
  assert.match(stdout, /\[Stored\]/);
  assert.equal((await ask(net, "net", "conf", "drop")).code, 0);
  assert.equal((await ask(net, "net", "conf", "list")).stdout, "");
  assert.equal((await ask(net, "net", "share")).code, 255);
});

test("the hash that Samba keeps of a password", () => {
  assert.equal(md4(Buffer.from("abc")).toString("hex"), "a448017aaf21d8525fc10ae87aa6729d");
  assert.equal(ntHash("secret"), "878D8014606CDA29677A44EFA1353FC7");
});
