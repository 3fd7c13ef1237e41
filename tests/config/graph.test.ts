import test, { describe } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { renderMermaid, renderText } from "../../cli/render-graph";
import { type GraphNode, needsOf, orderGraph } from "../../config/graph";

const node = (ctid: number, more: Partial<GraphNode> = {}): GraphNode => ({
  ctid,
  name: `ct-${ctid}`,
  dependencies: [],
  ...more,
});

describe("order", () => {
  test("among the ready: by boot order, then CTID; without a boot order last", () => {
    const { order } = orderGraph([
      node(903),
      node(902, { bootOrder: 2 }),
      node(901, { bootOrder: 2 }),
      node(904, { bootOrder: 1 }),
    ]);
    assert.deepEqual(
      order.map(({ ctid }) => ctid),
      [904, 901, 902, 903],
    );
  });

  test("a need comes first whatever its boot order", () => {
    const { order } = orderGraph([
      node(901, { bootOrder: 0, dependencies: [902] }),
      node(902, { bootOrder: 9 }),
    ]);
    assert.deepEqual(
      order.map(({ ctid }) => ctid),
      [902, 901],
    );
  });

  test("an unknown CTID names its user", () => {
    const { unknown, cycles } = orderGraph([node(901, { dependencies: [950, 950], cloneFrom: 951 })]);
    assert.deepEqual(unknown, [
      { user: 901, needs: 950, through: "dependency" },
      { user: 901, needs: 951, through: "clone" },
    ]);
    assert.deepEqual(cycles, []);
  });

  test("cycles name their members, each once; what hangs on one is not in it", () => {
    const { cycles, order } = orderGraph([
      node(900, { cloneFrom: 901 }),
      node(901, { dependencies: [900] }),
      node(902, { dependencies: [900] }),
      node(905, { dependencies: [907] }),
      node(906, { dependencies: [905] }),
      node(907, { dependencies: [906] }),
      node(910),
    ]);
    assert.deepEqual(cycles, [
      [900, 901, 900],
      [905, 907, 906, 905],
    ]);
    assert.deepEqual(
      order.map(({ ctid }) => ctid),
      [910],
    );
  });
});

describe("any graph", () => {
  // Edges only from higher to lower ids: no cycles.
  const acyclic = fc
    .array(
      fc.record({
        needs: fc.array(fc.nat(30), { maxLength: 4 }),
        boot: fc.option(fc.nat(3), { nil: undefined }),
      }),
      {
        maxLength: 30,
      },
    )
    .map((entries) =>
      entries.map(({ needs, boot }, index) =>
        node(100 + index, {
          dependencies: needs.filter((need) => need < index).map((need) => 100 + need),
          ...(boot !== undefined && { bootOrder: boot }),
        }),
      ),
    );

  test("the listing makes no difference, and every need comes before its user", () => {
    fc.assert(
      fc.property(
        acyclic.chain((nodes) =>
          fc.tuple(fc.constant(nodes), fc.shuffledSubarray(nodes, { minLength: nodes.length })),
        ),
        ([nodes, shuffled]) => {
          const { order, unknown, cycles } = orderGraph(nodes);
          assert.deepEqual({ unknown, cycles }, { unknown: [], cycles: [] });
          assert.deepEqual(orderGraph(shuffled).order, order);
          assert.equal(order.length, nodes.length);
          const place = new Map(order.map(({ ctid }, index) => [ctid, index]));
          for (const user of order) {
            for (const need of needsOf(user)) {
              assert.ok((place.get(need) ?? Infinity) < (place.get(user.ctid) ?? -1));
            }
          }
        },
      ),
    );
  });

  test("with cycles: each told is one, and a graph without any is ordered whole", () => {
    const any = fc
      .array(fc.array(fc.nat(11), { maxLength: 3 }), { minLength: 12, maxLength: 12 })
      .map((all) =>
        all.map((needs, index) => node(100 + index, { dependencies: needs.map((need) => 100 + need) })),
      );
    fc.assert(
      fc.property(any, (nodes) => {
        const { order, cycles } = orderGraph(nodes);
        const byId = new Map(nodes.map((one) => [one.ctid, one]));
        for (const cycle of cycles) {
          assert.equal(cycle[0], cycle[cycle.length - 1]);
          cycle.slice(1).forEach((need, index) => {
            assert.ok(byId.get(cycle[index] ?? 0)?.dependencies.includes(need));
          });
        }
        assert.equal(order.length === nodes.length, cycles.length === 0);
      }),
    );
  });
});

describe("drawings", () => {
  const order = [
    node(900, { name: "base" }),
    node(1000, { name: "gpu", cloneFrom: 900 }),
    node(1001, { name: "web", cloneFrom: 900, dependencies: [1000, 900] }),
  ];

  test("text", () => {
    assert.equal(
      renderText(order),
      " 900  base\n1000  gpu   clone of 900\n1001  web   clone of 900; after 900, 1000\n",
    );
    assert.equal(renderText([]), "");
  });

  test("Mermaid", () => {
    assert.equal(
      renderMermaid(order),
      [
        "flowchart TD",
        '  ct900["900 base"]',
        '  ct1000["1000 gpu"]',
        '  ct1001["1001 web"]',
        "  ct900 ==>|clone| ct1000",
        "  ct900 ==>|clone| ct1001",
        "  ct1000 --> ct1001",
        "",
      ].join("\n"),
    );
  });
});
