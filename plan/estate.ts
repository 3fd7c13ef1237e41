/** The plan of a stack: everything that it has, each part after what it needs. The one place that knows the order. */
import { guestsOf } from "../config/guests";
import type { Estate } from "../config/model";
import { planHost } from "../components/hypervisor/plan";
import { component, guard } from "./build";
import { ContainerPlans } from "./containers";
import type { Facts } from "./facts";
import { GuestContext } from "./guests";
import { MachinePlans } from "./machines";
import type { Plan } from "./step";
import { titles } from "./titles";

/** Everything in the two files as components and steps: the host, then its guests. */
export function planEstate(estate: Estate, facts: Facts): Plan {
  const guests = new GuestContext(estate, facts);
  const { containers, vms, tag, guarded, warnings } = guests;
  const isTouched = [...containers, ...vms].some(guests.isConverged);
  const setUp = facts.hostSetup ? "all" : isTouched ? "prepare" : "nothing";
  const host = planHost(titles.host, estate, { ...facts, tag, setUp });
  const machinePlans = new MachinePlans(estate, facts, guests, host);
  const containerPlans = new ContainerPlans(estate, facts, guests, host);

  // In an order in which each guest comes after those that it depends on or is cloned from.
  const each = guestsOf({ guests: estate.guests, containers, vms }).map((spec) =>
    "ctid" in spec ? containerPlans.add(spec) : machinePlans.add(spec),
  );
  return {
    parts: [
      ...host.components,
      guard(`${titles.host}-guard`, guarded, [titles.host]),
      // An empty component would be the only one that nothing keeps from `pulumi destroy`.
      ...(vms.length > 0
        ? [component("phoenix:vm:Machines", titles.machines, { steps: machinePlans.shared.steps })]
        : []),
      component("phoenix:container:Guests", titles.containers, { steps: containerPlans.shared() }),
      ...each,
    ],
    warnings,
    outputs: {
      containers: Object.fromEntries(
        containers.map(({ ctid, name }) => [ctid, { name, address: containerPlans.addressOf(ctid) }]),
      ),
      vms: Object.fromEntries(
        vms.map(({ name, cloudInit }) => [name, { vmid: machinePlans.vmid(name), address: cloudInit.ip }]),
      ),
    },
  };
}
