/** What several machines share: images, the file that installs the guest agent, and the storages that hold them. */
import type { ImageSpec, VmSpec } from "../../config/model";
import { shippedStorages } from "../../config/storage-map";
import { scriptStep } from "../../plan/build";
import type { ImageStep, ScriptStep, Step } from "../../plan/step";
import { imageStep } from "./image/step";
import { snippetsStep } from "./snippets/step";
import { storageContentStep } from "./storage-content/step";

export interface MachinesFacts {
  /** Machines that the stack converges. */
  specs: VmSpec[];
  /** Ids of the storages that the files make. */
  storages: string[];
  tag: string;
  /** Names of what must be there before a volume on a storage of the host can be. */
  hostStorage: (id: string) => string[];
}

/** What machines wait for, by what they use. */
export interface SharedPlan {
  steps: Step[];
  /** Names of what must be there before a volume on this storage can be. */
  storage: (id: string) => string[];
  /** Names of the step that brings an image, by its volume. */
  image: (volid: string) => string[];
  /** Names of the step that keeps the agent's file on a storage. */
  snippets: (storage: string) => string[];
}

export function planShared(title: string, facts: MachinesFacts): SharedPlan {
  const opened = openShipped(title, facts);
  const storage = (id: string) => {
    const step = opened.get(id);
    return step ? [step.name] : facts.hostStorage(id);
  };
  const withAgent = facts.specs.flatMap(({ agent, snippetsStorage }) => (agent ? [snippetsStorage] : []));
  const snippets = new Map(
    [...new Set(withAgent)].map((id) => {
      const needs = storage(id);
      return [id, scriptStep(`${title}-snippets-${id}`, snippetsStep(id, facts.tag), { needs })];
    }),
  );
  const images = new Map<string, Step>();
  for (const image of facts.specs.flatMap(broughtImages)) {
    if (!images.has(image.volid)) {
      images.set(image.volid, plannedImage(`${title}-image-${image.file}`, image, storage(image.storage)));
    }
  }
  const named = (steps: ReadonlyMap<string, Step>) => (key: string) => {
    const step = steps.get(key);
    return step ? [step.name] : [];
  };
  return {
    steps: [...opened.values(), ...snippets.values(), ...images.values()],
    storage,
    image: named(images),
    snippets: named(snippets),
  };
}

/** The image of its disk, and its CD where that is downloaded; one that is a volume is there already. */
const broughtImages = ({ image, iso }: VmSpec): ImageSpec[] => [
  ...(image ? [image] : []),
  ...(iso && iso.from !== "volume" ? [iso] : []),
];

/** A storage that Proxmox VE ships has neither content type, images nor snippets, until a step adds it. */
function openShipped(
  title: string,
  { specs, storages, hostStorage }: MachinesFacts,
): Map<string, ScriptStep> {
  const wanted = new Map<string, Set<string>>();
  const want = (id: string, content: string) => {
    if (Object.hasOwn(shippedStorages, id) && !storages.includes(id)) {
      wanted.set(id, (wanted.get(id) ?? new Set()).add(content));
    }
  };
  for (const { image, agent, snippetsStorage } of specs) {
    if (image) want(image.storage, "import");
    if (agent) want(snippetsStorage, "snippets");
  }
  return new Map(
    [...wanted].map(([storage, content]) => {
      const needs = hostStorage(storage);
      return [
        storage,
        scriptStep(`${title}-storage-${storage}`, storageContentStep(storage, content), { needs }),
      ];
    }),
  );
}

function plannedImage(name: string, image: ImageSpec, needs: string[]): Step {
  const { storage, file, from } = image;
  if (from !== "volume" && "url" in from) {
    return { kind: "image", name, needs, image: { ...image, from } } satisfies ImageStep;
  }
  const path = from === "volume" ? undefined : from.path;
  return scriptStep(name, imageStep({ storage, file, path }), { needs });
}
