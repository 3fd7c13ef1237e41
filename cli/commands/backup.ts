import { createRequire } from "node:module";
import { type Command, Option } from "commander";
import type { BackupOptions } from "../actions/backup";
import type { RestoreOptions } from "../actions/restore";
import { commonOptions, withCommonOptions } from "../arguments";

const load = createRequire(__filename);
const backupActions = () => load("../actions/backup.ts") as typeof import("../actions/backup");
const restoreActions = () => load("../actions/restore.ts") as typeof import("../actions/restore");

/** `phoenix backup` and `phoenix restore`. */
export function addBackupCommands(program: Command): void {
  withCommonOptions(program.command("backup <guests...>").summary("back guests up now"))
    .description(
      "Has vzdump back these guests up, named by id or name, one after the other, and shows its log. What is in a\n" +
        "backup is what `backup` of their disks and volumes says. One that fails does not stop the others.",
    )
    .option("--storage <id>", "where to: the storage of their job in `backups` by default, else local")
    .addOption(
      new Option("--mode <mode>", "how a running guest is held still")
        .choices(["snapshot", "suspend", "stop"])
        .default("snapshot"),
    )
    .addOption(
      new Option("--compress <how>", "how the archive is compressed")
        .choices(["none", "lzo", "gzip", "zstd"])
        .default("zstd"),
    )
    .option("--notes <text>", "notes of the backups, {{guestname}} by default")
    .option("--protected", "nothing removes them, retention neither, until somebody takes that back")
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix backup 910 9000 web\n  phoenix backup 910 --notes 'before 2.0' --protected",
    )
    .action(async (guests: string[], _options: unknown, command: Command) => {
      const options = { ...commonOptions(command), ...command.opts<BackupOptions>() };
      process.exitCode = await backupActions().backup(guests, options);
    });
  withCommonOptions(program.command("restore <guest>").summary("bring a guest back from a backup"))
    .description(
      "Says what goes back and what stays, asks, and has Proxmox VE overwrite the guest by its newest backup, or by\n" +
        "the one of --from, which is read once as a whole before. The guest keeps its place in the stack: disks, volumes\n" +
        "and folders that the backup does not have stay as they are, and `phoenix up` brings it to what the files say.\n" +
        "A guest with protect in its entry is refused, and so is a template.",
    )
    .option("--from <volid>", "the backup, as --list shows it; latest by default")
    .option("--storage <id>", "storage for its disks; each goes to the storage that it was on by default")
    .option("--force", "take a backup of another guest too")
    .option("--list", "list the guest's backups, newest first; changes nothing")
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix restore 910 --list\n  phoenix restore 910\n" +
        "  phoenix restore 910 --from local:backup/vzdump-lxc-910-2026_03_02-02_30_00.tar.zst --yes",
    )
    .action(async (guest: string, _options: unknown, command: Command) => {
      const options = { ...commonOptions(command), ...command.opts<RestoreOptions>() };
      process.exitCode = await restoreActions().restore(guest, options);
    });
}
