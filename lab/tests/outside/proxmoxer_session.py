"""A session of an outside client, proxmoxer, with the API of a lab's host.

python3 proxmoxer_session.py HOST PORT NODE STORAGE TEMPLATE   (root@pam's password on standard input)

Prints one line a step; ends with exit code 0 when all were done.
"""

import sys

import urllib3
from proxmoxer import ProxmoxAPI, ResourceException
from proxmoxer.tools import Tasks

urllib3.disable_warnings()

host, port, node_name, storage, template = sys.argv[1:6]
password = sys.stdin.readline().strip()


def say(step, *words):
    print(step, *words, flush=True)


proxmox = ProxmoxAPI(host, port=int(port), user="root@pam", password=password, verify_ssl=False)
node = proxmox.nodes(node_name)


def wait(step, upid):
    """Follows a task to its end, as an automation does."""
    status = Tasks.blocking_status(proxmox, upid, timeout=60, polling_interval=0.05)
    say(step, status["exitstatus"])


say("nodes", [entry["node"] for entry in proxmox.nodes.get()])
say("version", proxmox.version.get()["version"].split(".")[0])
say("list", node.lxc.get())
say("template", template in [entry["volid"] for entry in node.storage("local").content.get(content="vztmpl")])

wait(
    "create",
    node.lxc.create(
        vmid=150,
        ostemplate=template,
        hostname="outside",
        rootfs=f"{storage}:1",
        memory=256,
        unprivileged=1,
        net0="name=eth0,bridge=vmbr0,ip=dhcp",
    ),
)
guest = node.lxc(150)
wait("start", guest.status.start.post())
say("status", guest.status.current.get()["status"])
say("list", [(entry["vmid"], entry["name"], entry["status"]) for entry in node.lxc.get()])
guest.config.put(description="from outside", cores=2)
config = guest.config.get()
say("config", config["hostname"], config["cores"], repr(config["description"]), config["ostype"])
wait("snapshot", guest.snapshot.post(snapname="before"))
say("snapshots", [entry["name"] for entry in guest.snapshot.get()])
wait("clone", guest.clone.post(newid=151, hostname="copy", snapname="before", full=1))
say("clone config", node.lxc(151).config.get()["hostname"])
wait("rollback", guest.snapshot("before").rollback.post())
wait("delete snapshot", guest.snapshot("before").delete())
try:
    guest.status.stop.post()
except ResourceException as error:
    say("refused", error.status_code, error.content)
wait("start again", guest.status.start.post())
wait("stop", guest.status.stop.post())
say("tasks", sorted({entry["type"] for entry in node.tasks.get()}))
say("log", node.tasks(node.tasks.get(typefilter="vzcreate")[0]["upid"]).log.get()[-1]["t"])

try:
    node.lxc(999).config.get()
except ResourceException as error:
    say("missing", error.status_code, error.content)

token = proxmox.access.users("root@pam").token("outside").post(privsep=0)["value"]
by_token = ProxmoxAPI(
    host, port=int(port), user="root@pam", token_name="outside", token_value=token, verify_ssl=False
)
say("by token", by_token.nodes(node_name).lxc(150).status.current.get()["status"])
try:
    by_token.nodes(node_name).lxc(150).config.put(mp0="/srv,mp=/srv")
except ResourceException as error:
    say("root only", error.status_code)

for vmid in (150, 151):
    wait("destroy", node.lxc(vmid).delete(force=1))
say("list", node.lxc.get())
