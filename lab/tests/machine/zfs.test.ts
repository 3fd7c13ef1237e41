import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Client } from "ssh2";
import { labForTests, run } from "./labUnderTest";

const byId = "/dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_";
const [small1, small2, large] = [
  `${byId}2TB_S7U6NJ0Y320880M`,
  `${byId}2TB_S7U6NJ0Y310536X`,
  `${byId}4TB_S7U8NJ0Y402334Y`,
];

/** A command and what it answers: exit code, standard output, standard error. */
type Case = [command: string, code: number, stdout: string, stderr?: string];

function cases(session: () => Client, table: Case[]): void {
  for (const [command, code, stdout, stderr = ""] of table) {
    test(command, async () => {
      assert.deepEqual(await run(session(), command), { code, stdout, stderr });
    });
  }
}

describe("zpool and zfs", () => {
  const lab = labForTests();
  let client: Client;
  before(async () => void (client = await lab.connect()));
  after(() => client.end());
  const session = () => client;

  describe("pools", () => {
    cases(session, [
      ["zpool list", 0, "no pools available\n"],
      ["zpool list -H -o name", 0, ""],
      ["zpool status", 0, "", "no pools available\n"],
      ["zpool list nope", 1, "", "cannot open 'nope': no such pool\n"],
      ["zpool create tank /dev/nosuch", 1, "", "cannot resolve path '/dev/nosuch'\n"],
      [
        "zpool create tank nosuch",
        1,
        "",
        "cannot open 'nosuch': no such device in /dev\nmust be a full path or shorthand device name\n",
      ],
      [
        "zpool create tank mirror nvme0n1",
        1,
        "",
        "invalid vdev specification: mirror requires at least 2 devices\n",
      ],
      [
        "zpool create tank mirror nvme0n1 nvme2n1",
        1,
        "",
        "invalid vdev specification\nuse '-f' to override the following errors:\nmirror contains devices of different sizes\n",
      ],
      [
        "zpool create 1tank nvme0n1",
        1,
        "",
        "cannot create '1tank': name must begin with a letter\npool name may have been omitted\n",
      ],
      [
        "zpool create tank/a nvme0n1",
        1,
        "",
        "cannot create 'tank/a': invalid character '/' in pool name\nuse 'zfs create' to create a dataset\n",
      ],
      [
        "zpool create -O recordsize=3K tank nvme0n1",
        1,
        "",
        "cannot create 'tank': 'recordsize' must be power of 2 from 512B to 16M\n",
      ],
      [
        "zpool create -o autotrim=maybe tank nvme0n1",
        1,
        "",
        "cannot create 'tank': 'autotrim' must be one of 'on | off'\n",
      ],
      ["zpool create tank log nvme0n1", 1, "", "zpool create: the lab does not simulate log vdevs\n"],
      [
        "mkdir /full; touch /full/x; zpool create full nvme0n1",
        1,
        "",
        "mountpoint '/full' exists and is not empty\nuse '-m' option to provide a different default\n",
      ],
      [
        `zpool create -f -o autotrim=on -O compression=lz4 -O atime=off quick mirror ${small1} ${small2}`,
        0,
        "",
      ],
      [`zpool create fast ${large}`, 0, ""],
      ["zpool create quick nvme2n1", 1, "", "/dev/nvme2n1 is in use and contains a unknown filesystem.\n"],
      ["zpool create -f other nvme2n1", 1, "", "/dev/nvme2n1 is in use and contains a unknown filesystem.\n"],
      [
        "zpool list",
        0,
        "NAME    SIZE  ALLOC   FREE  CKPOINT  EXPANDSZ  FRAG  CAP  DEDUP  HEALTH  ALTROOT\n" +
          "fast   3.62T    96K  3.62T        -         -    0%   0%  1.00x  ONLINE  -\n" +
          "quick  1.81T    96K  1.81T        -         -    0%   0%  1.00x  ONLINE  -\n",
      ],
      ["zpool list -H -o name,health quick fast", 0, "fast\tONLINE\nquick\tONLINE\n"],
      ["zpool get -H -o value autotrim quick fast", 0, "off\non\n"],
      ["zpool set autotrim=on fast; zpool get -H autotrim fast", 0, "fast\tautotrim\ton\tlocal\n"],
      ["zpool set size=1 fast", 1, "", "cannot set property for 'fast': 'size' is readonly\n"],
      ["zpool set autotrim=on nope", 22, "", "cannot open 'nope': is not a pool\n"],
      ["zpool get autotrim nope", 1, "", "Cannot get properties of nope: no such pool available.\n"],
      [
        "zpool status quick -P",
        0,
        "  pool: quick\n state: ONLINE\nconfig:\n\n" +
          `\tNAME${" ".repeat(small1.length + 6)}  STATE     READ WRITE CKSUM\n` +
          `\tquick${" ".repeat(small1.length + 5)}  ONLINE       0     0     0\n` +
          `\t  mirror-0${" ".repeat(small1.length)}  ONLINE       0     0     0\n` +
          `\t    ${small1}-part1  ONLINE       0     0     0\n` +
          `\t    ${small2}-part1  ONLINE       0     0     0\n` +
          "\nerrors: No known data errors\n",
      ],
      ["zpool status -x", 0, "all pools are healthy\n"],
      ["zpool split quick", 1, "", "zpool split: the lab does not simulate this\n"],
      ["[ -b /dev/nvme0n1 ] && [ -b /dev/nvme0n1p1 ] && readlink -f " + small1, 0, "/dev/nvme0n1\n"],
      [
        "dd if=/dev/zero of=/dev/nvme0n1 count=1 2>&1",
        1,
        "dd: failed to open '/dev/nvme0n1': No such device or address\n",
      ],
    ]);
  });

  describe("datasets", () => {
    cases(session, [
      ["zfs create quick/data && stat -c %F /quick/data && mountpoint -q /quick/data", 0, "directory\n"],
      ["zfs create quick/data", 1, "", "cannot create 'quick/data': dataset already exists\n"],
      ["zfs create -p quick/data", 0, ""],
      ["zfs create quick/a/b", 1, "", "cannot create 'quick/a/b': parent does not exist\n"],
      ["zfs create nope/a", 1, "", "cannot create 'nope/a': no such pool 'nope'\n"],
      ["zfs create quick", 1, "", "cannot create 'quick': missing dataset name\n"],
      [
        "zfs create quick/a@b",
        1,
        "",
        "cannot create 'quick/a@b': snapshot delimiter '@' is not expected here\n",
      ],
      ["zfs create 'quick/a*'", 1, "", "cannot create 'quick/a*': invalid character '*' in name\n"],
      ["zfs create -o bogus=1 quick/a", 1, "", "cannot create 'quick/a': invalid property 'bogus'\n"],
      ["zfs create -o used=1 quick/a", 1, "", "cannot create 'quick/a': 'used' is readonly\n"],
      ["zfs create -o quota=5Q quick/a", 1, "", "cannot create 'quick/a': invalid numeric suffix 'Q'\n"],
      ["zfs create -o quota=lots quick/a", 1, "", "cannot create 'quick/a': bad numeric value 'lots'\n"],
      [
        "zfs create -o quota=0 quick/a",
        1,
        "",
        "cannot create 'quick/a': use 'none' to disable quota/refquota\n",
      ],
      [
        "zfs create -o sync=never quick/a",
        1,
        "",
        "cannot create 'quick/a': 'sync' must be one of 'standard | always | disabled'\n",
      ],
      [
        "zfs create -o mountpoint=here quick/a",
        1,
        "",
        "cannot create 'quick/a': 'mountpoint' must be an absolute path, 'none', or 'legacy'\n",
      ],
      ["zfs create -o recordsize quick/a", 1, "", "missing '=' for property=value argument\n"],
      ["zfs create -o recordsize=16K -o sync=always -o quota=1.4T -p quick/deep/er", 0, ""],
      ["zfs get -H -p -o value recordsize,sync,quota quick/deep/er", 0, "16384\nalways\n1539316278886\n"],
      [
        "zfs get -H recordsize,compression,quota,mounted quick/deep",
        0,
        "quick/deep\trecordsize\t128K\tdefault\nquick/deep\tcompression\tlz4\tinherited from quick\nquick/deep\tquota\tnone\tdefault\nquick/deep\tmounted\tyes\t-\n",
      ],
      ["zfs get bogus quick 2>&1 | head -n 2", 0, "bad property list: invalid property 'bogus'\nusage:\n"],
      ["zfs get -H -o value name,type /quick/data", 0, "quick/data\nfilesystem\n"],
      [
        "zfs set recordsize=1M quick/deep/er; zfs get -H -o value,source recordsize quick/deep/er",
        0,
        "1M\tlocal\n",
      ],
      [
        "zfs set quota=1K quick/data",
        1,
        "",
        "cannot set property for 'quick/data': size is less than current used or reserved space\n",
      ],
      ["zfs set compression=fast quick/nope", 1, "", "cannot open 'quick/nope': dataset does not exist\n"],
      [
        "zfs inherit recordsize quick/deep/er; zfs get -H -o value,source recordsize quick/deep/er",
        0,
        "128K\tdefault\n",
      ],
      [
        "zfs inherit quota quick/deep/er",
        1,
        "",
        "'quota' property cannot be inherited\nuse 'zfs set quota=none' to clear\n",
      ],
      [
        "zfs set lab:mark=x quick/deep; zfs get -H lab:mark quick/deep/er",
        0,
        "quick/deep/er\tlab:mark\tx\tinherited from quick/deep\n",
      ],
      ["zfs list -H -o name -r quick", 0, "quick\nquick/data\nquick/deep\nquick/deep/er\n"],
      [
        "zfs list -H -o name,mountpoint -d 1 quick",
        0,
        "quick\t/quick\nquick/data\t/quick/data\nquick/deep\t/quick/deep\n",
      ],
      [
        "zfs list quick/data",
        0,
        "NAME        USED  AVAIL  REFER  MOUNTPOINT\nquick/data   96K  1.76T    96K  /quick/data\n",
      ],
      ["zfs list nope", 1, "", "cannot open 'nope': dataset does not exist\n"],
      ["zfs list -t bogus 2>&1 | head -n 1", 0, "invalid type 'bogus'\n"],
      [
        "zfs destroy quick/deep",
        1,
        "",
        "cannot destroy 'quick/deep': filesystem has children\nuse '-r' to destroy the following datasets:\nquick/deep/er\n",
      ],
      [
        "zfs destroy quick",
        1,
        "",
        "cannot destroy 'quick': operation does not apply to pools\nuse 'zfs destroy -r quick' to destroy all datasets in the pool\nuse 'zpool destroy quick' to destroy the pool itself\n",
      ],
      [
        "cd /quick/data && zfs destroy quick/data",
        1,
        "",
        "cannot unmount '/quick/data': pool or dataset is busy\n",
      ],
      ["zfs destroy -r quick/deep; ls /quick", 0, "data\n"],
      ["zfs set mountpoint=/srv/data quick/data; mountpoint -q /srv/data && ls /quick", 0, ""],
      ["zfs inherit mountpoint quick/data; mountpoint -q /quick/data", 0, ""],
      [
        "zfs unmount quick/data; zfs get -H -o value mounted quick/data; zfs mount quick/data; zfs mount quick/data",
        1,
        "no\n",
        "cannot mount 'quick/data': filesystem already mounted\n",
      ],
      [
        "zfs create -V 1G quick/vol; zfs get -H -o value type,volsize,mountpoint quick/vol",
        0,
        "volume\n1G\n-\n",
      ],
      ["zfs promote quick/data", 1, "", "zfs promote: the lab does not simulate this\n"],
      [
        "zfs frobnicate 2>&1 | head -n 2",
        0,
        "unrecognized command 'frobnicate'\nusage: zfs command args ...\n",
      ],
      [
        "zfs create",
        2,
        "",
        "missing filesystem argument\nusage:\n\tcreate [-Pnp[p]uv] [-o property=value] ... <filesystem>\n\tcreate [-Pnp[p]sv] [-b blocksize] [-o property=value] ... -V <size> <volume>\n\nFor the property list, run: zfs set|get\n\nFor the delegated permission list, run: zfs allow|unallow\n\nFor further help on a command or topic, run: zfs help [<topic>]\n",
      ],
    ]);
  });

  describe("snapshots", () => {
    cases(session, [
      [
        "echo one >/quick/data/f; zfs snapshot quick/data@s1; echo two >/quick/data/f; zfs snapshot quick/data@s2",
        0,
        "",
      ],
      [
        "zfs snapshot quick/data@s1",
        1,
        "",
        "cannot create snapshot 'quick/data@s1': dataset already exists\n",
      ],
      [
        "zfs snapshot quick/nope@s 2>&1 | head -n 2",
        0,
        "cannot open 'quick/nope': dataset does not exist\nusage:\n",
      ],
      ["zfs list -H -t snapshot -o name", 0, "quick/data@s1\nquick/data@s2\n"],
      ["zfs list -H -o name quick/data@s1", 0, "quick/data@s1\n"],
      [
        "zfs rollback quick/data@s1",
        1,
        "",
        "cannot rollback to 'quick/data@s1': more recent snapshots or bookmarks exist\nuse '-r' to force deletion of the following snapshots and bookmarks:\nquick/data@s2\n",
      ],
      ["echo three >/quick/data/f; zfs rollback quick/data@s2; cat /quick/data/f", 0, "two\n"],
      [
        "zfs rollback -r quick/data@s1; cat /quick/data/f; zfs list -H -t snapshot -o name",
        0,
        "one\nquick/data@s1\n",
      ],
      [
        "zfs clone quick/data@s1 quick/clone; cat /quick/clone/f; zfs get -H -o value origin quick/clone",
        0,
        "one\nquick/data@s1\n",
      ],
      [
        "zfs clone quick/data@s1 fast/clone",
        1,
        "",
        "cannot create 'fast/clone': source and target pools differ\n",
      ],
      [
        "zfs destroy quick/data@s1",
        1,
        "",
        "cannot destroy 'quick/data@s1': snapshot has dependent clones\nuse '-R' to destroy the following datasets:\nquick/clone\n",
      ],
      [
        "zfs destroy quick/data",
        1,
        "",
        "cannot destroy 'quick/data': filesystem has children\nuse '-r' to destroy the following datasets:\nquick/data@s1\n",
      ],
      [
        "zfs destroy quick/data@nope",
        1,
        "",
        "could not find any snapshots to destroy; check snapshot names.\n",
      ],
      ["zfs rename quick/clone quick/renamed; cat /quick/renamed/f; ls /quick", 0, "one\ndata\nrenamed\n"],
      ["zfs destroy quick/renamed; zfs destroy quick/data@s1; zfs list -H -t snapshot", 0, ""],
    ]);
  });

  describe("export, import, destroy, wipe", () => {
    cases(session, [
      [
        "echo kept >/fast/f; zpool export fast; ls -d /fast",
        2,
        "",
        "ls: cannot access '/fast': No such file or directory\n",
      ],
      ["zpool import | grep -E '^ +pool: |state:'", 0, "  pool: fast\n state: ONLINE\n"],
      [
        "zpool create other nvme2n1",
        1,
        "",
        "invalid vdev specification\nuse '-f' to override the following errors:\n/dev/nvme2n1p1 is part of exported pool 'fast'\n",
      ],
      ["zpool import nope", 1, "", "cannot import 'nope': no such pool available\n"],
      ["zpool import fast faster && cat /faster/f", 0, "kept\n"],
      ["zpool import", 0, "", "no pools available to import\n"],
      [
        "wipefs -a /dev/nvme2n1",
        1,
        "",
        "wipefs: error: /dev/nvme2n1: probing initialization failed: Device or resource busy\n",
      ],
      [
        "lsblk -rno NAME,TYPE,FSTYPE /dev/nvme2n1",
        0,
        "nvme2n1 disk \nnvme2n1p1 part zfs_member\nnvme2n1p9 part \n",
      ],
      ["zpool destroy faster; zpool import -D | grep state:", 0, " state: ONLINE (DESTROYED)\n"],
      ["zpool import -D faster && cat /faster/f && zpool destroy faster", 0, "kept\n"],
      [
        "wipefs -aq /dev/nvme2n1; lsblk -rno NAME,FSTYPE /dev/nvme2n1; wipefs -n /dev/nvme2n1; zpool import -D",
        0,
        "nvme2n1 \n",
        "no pools available to import\n",
      ],
      ["zpool create again nvme2n1 && ls /again", 0, ""],
      ["zpool destroy nope", 1, "", "cannot open 'nope': no such pool\n"],
      [
        "cd /again && zpool destroy again",
        1,
        "",
        "cannot unmount '/again': pool or dataset is busy\ncould not destroy 'again': could not unmount datasets\n",
      ],
    ]);
  });
});
