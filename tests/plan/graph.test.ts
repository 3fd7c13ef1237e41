/* The rules order guests by the files alone; what a guest waits for in a run, and `phoenix graph`, is the plan's. They must agree. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadEstate } from "../../config/estate";
import { needsOf } from "../../config/graph";
import { guestsOf, refOf } from "../../config/guests";
import type { ContainerSpec, Estate } from "../../config/model";
import { graphFields } from "../../config/normalise";
import { Edges } from "../../plan/edges";
import { planEstate } from "../../plan/estate";
import { filesOnly } from "../../plan/facts";
import { guestGraph } from "../../plan/guest-graph";
import { titleOf } from "../../plan/titles";
import { repository } from "../helpers/repository";

/** Has each clone depend on its source too. */
const dependingOnSources = (estate: Estate): Estate => ({
  ...estate,
  containers: estate.containers.map((spec): ContainerSpec => {
    const { cloneFrom, dependencies } = spec;
    return cloneFrom ? { ...spec, dependencies: [cloneFrom.ctid, ...dependencies] } : spec;
  }),
  vms: estate.vms.map((spec) => {
    const { cloneFrom, dependencies } = spec;
    return cloneFrom ? { ...spec, dependencies: [cloneFrom.name, ...dependencies] } : spec;
  }),
});

for (const folder of ["environments/dev", "../shared/phoenix"]) {
  const place = join(repository, folder);
  const load = () =>
    loadEstate({
      hypervisorConfig: join(place, "phoenix_hypervisor_config.json"),
      lxcConfigs: join(place, "phoenix_lxc_configs.json"),
    }).estate;

  test(
    `${folder}: a guest needs in the plan what the rules order it by`,
    { skip: !existsSync(place) },
    () => {
      const estate = load();
      const edges = new Edges(planEstate(estate, filesOnly));
      const specs = guestsOf(estate);
      const byRef = new Map(specs.map((spec) => [refOf(spec), spec]));
      const all = (spec: (typeof specs)[number]): string[] => [
        titleOf(spec),
        ...needsOf(graphFields(spec)).flatMap((ref) => all(byRef.get(ref)!)),
      ];
      for (const spec of specs) {
        const needed = specs.map(titleOf).filter((title) => edges.closure([titleOf(spec)]).has(title));
        assert.deepEqual(needed.sort(), [...new Set(all(spec))].sort(), titleOf(spec));
      }
    },
  );

  test(
    `${folder}: the plan tells a clone's source from what it depends on`,
    { skip: !existsSync(place) },
    () => {
      for (const estate of [load(), dependingOnSources(load())]) {
        assert.deepEqual(guestGraph(estate), guestsOf(estate).map(graphFields));
      }
    },
  );
}
