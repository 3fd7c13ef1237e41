/* Built-in features of a container that need no GPU: converge, converge again, break, look, converge. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { builtIn } from "../../components/guest/inside";
import { create, fetchTemplate, net0, rootDisks, stepFile } from "./container-node";
import { Node, noLab, tag } from "./node";

describe("features of a container", { skip: noLab }, () => {
  let node!: Node;
  before(async () => {
    node = await Node.prepared();
    await node.sh(
      `${rootDisks} && ${fetchTemplate} && ${create(900, `--hostname apps --tags ${tag} --unprivileged 1 --features nesting=1,keyctl=1 ${net0}`)} && pct start 900`,
    );
    const started = await node.script(stepFile("start"), { ctid: 900, tag, interface: "eth0" });
    assert.equal(started.code, 0, started.stderr);
  });
  after(() => node.stop());

  const settings = (name: string, environment: Record<string, string> = {}) => ({
    ...{ ctid: 900, tag, step: `feature-${name}`, name: `feature_${name}.sh`, seconds: 300 },
    ...{ script: builtIn(name), environment, reports: true },
  });
  const did = async (name: string, environment?: Record<string, string>) => {
    const answer = await node.script(stepFile("in-guest"), settings(name, environment));
    assert.equal(answer.code, 0, answer.stderr);
    return answer.result?.did;
  };
  const found = async (name: string, environment?: Record<string, string>) => {
    const answer = await node.script(stepFile("in-guest-look"), settings(name, environment));
    return (answer.result as unknown as { deviations: string[] }).deviations;
  };
  const inside = (command: string) => node.sh(`pct exec 900 -- sh -c '${command}'`);
  const portainer = (over: Record<string, string> = {}) => ({
    PHOENIX_PORTAINER_ROLE: "server",
    PHOENIX_PORTAINER_IMAGE: "portainer/portainer-ce:2.27.6",
    PHOENIX_PORTAINER_PORTS: "9443:9443 9001:9001",
    ...over,
  });

  it("python_api_service brings Python with pip and virtual environments", async () => {
    assert.match((await did("python_api_service"))!.join(), /^CT 900: installed python3.*python3-venv$/);
    assert.deepEqual(await did("python_api_service"), []);
    await inside("apt-get -y -q remove python3-venv >/dev/null");
    assert.deepEqual(await found("python_api_service"), [
      "CT 900 package python3-venv: is not installed, wanted installed by its step feature-python_api_service",
    ]);
    assert.deepEqual(await did("python_api_service"), ["CT 900: installed python3-venv"]);
    assert.deepEqual(await found("python_api_service"), []);
  });

  it("portainer says that it needs Docker", async () => {
    const answer = await node.script(stepFile("in-guest"), settings("portainer", portainer()));
    assert.match(answer.stderr, /portainer_role needs Docker in the container: add docker to its features/);
  });

  it("portainer starts the server, once, again where it is gone, anew with other settings", async () => {
    await did("docker", { PHOENIX_GPU: "0" });
    const started = "CT 900: started portainer (portainer/portainer-ce:2.27.6)";
    assert.deepEqual(await did("portainer", portainer()), [started]);
    assert.deepEqual(await did("portainer", portainer()), []);
    assert.deepEqual(await found("portainer", portainer()), []);
    await inside("docker rm -f portainer");
    assert.deepEqual(await found("portainer", portainer()), [
      "CT 900 Docker container portainer: is not running, wanted running by its step feature-portainer",
    ]);
    assert.deepEqual(await did("portainer", portainer()), [started]);
    assert.deepEqual(await did("portainer", portainer({ PHOENIX_PORTAINER_PORTS: "443:9443" })), [started]);
  });

  it("portainer starts the agent beside it, and names an image that cannot be had", async () => {
    const agent = { PHOENIX_PORTAINER_ROLE: "agent", PHOENIX_PORTAINER_PORTS: "9001:9001" };
    assert.deepEqual(
      await did("portainer", portainer({ ...agent, PHOENIX_PORTAINER_IMAGE: "portainer/agent:2.27.6" })),
      ["CT 900: started portainer_agent (portainer/agent:2.27.6)"],
    );
    await inside("docker rm -f portainer_agent");
    const none = portainer({ ...agent, PHOENIX_PORTAINER_IMAGE: "mirror.example/none" });
    const answer = await node.script(stepFile("in-guest"), settings("portainer", none));
    assert.match(
      answer.stderr,
      /the image mirror\.example\/none could not be pulled: .*pull access denied.*; does the container reach the registry\?/,
    );
  });

  it("portainer leaves a container by its name that somebody else made", async () => {
    await inside("docker rm -f portainer; docker run -d --name portainer portainer/portainer-ce");
    const answer = await node.script(stepFile("in-guest"), settings("portainer", portainer()));
    assert.deepEqual(answer.result?.did, []);
    assert.match(
      answer.stderr,
      /warning: CT 900: there is a container portainer in Docker that Phoenix did not make/,
    );
  });
});
