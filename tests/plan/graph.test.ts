/* `phoenix graph` and the order of guests come from config/; what a guest waits for, from the plan. They must agree. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadEstate } from "../../config/estate";
import { needsOf } from "../../config/graph";
import { graphFields } from "../../config/normalise";
import { Edges } from "../../plan/edges";
import { planEstate } from "../../plan/estate";
import { filesOnly } from "../../plan/facts";
import { titleOf } from "../../plan/titles";
import { repository } from "../helpers/repository";

for (const folder of ["environments/dev", "../shared/phoenix"]) {
  const place = join(repository, folder);
  test(`${folder}: a guest needs in the plan what the graph says`, { skip: !existsSync(place) }, () => {
    const { estate } = loadEstate({
      hypervisorConfig: join(place, "phoenix_hypervisor_config.json"),
      lxcConfigs: join(place, "phoenix_lxc_configs.json"),
    });
    const edges = new Edges(planEstate(estate, filesOnly));
    const specs = [...estate.containers, ...estate.vms];
    const byRef = new Map(specs.map((spec) => [graphFields(spec).ctid, spec]));
    const all = (spec: (typeof specs)[number]): string[] => [
      titleOf(spec),
      ...needsOf(graphFields(spec)).flatMap((ref) => all(byRef.get(ref)!)),
    ];
    for (const spec of specs) {
      const needed = specs.map(titleOf).filter((title) => edges.closure([titleOf(spec)]).has(title));
      assert.deepEqual(needed.sort(), [...new Set(all(spec))].sort(), titleOf(spec));
    }
  });
}
