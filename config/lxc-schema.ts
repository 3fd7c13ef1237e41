/** phoenix_lxc_configs.json: the containers by CTID. */
import { z } from "zod";
import { containerSchema } from "./container-schema";
import { comment, line, pattern, url } from "./primitives";

/** The whole file. Keys it does not name give warnings, never errors. */
export const lxcSchema = z
  .strictObject({
    $schema: line().optional().describe("JSON Schema for editors"),
    description: comment(),
    nvidia_driver_version: pattern(/^[0-9]+(\.[0-9]+)+$/, "is not a driver version", 40)
      .optional()
      .describe("Driver version of the guests, such as 580.76.05; the host's must be the same"),
    nvidia_repo_url: url().optional().describe("URL of NVIDIA's CUDA repository"),
    nvidia_runfile_url: url().optional().describe("URL of the driver's .run installer"),
    lxc_configs: z.record(z.string(), containerSchema).describe("Containers by CTID, 100 to 999999999"),
  })
  .describe("Phoenix: the containers");

/** phoenix_lxc_configs.json with defaults applied. */
export type LxcConfigs = z.output<typeof lxcSchema>;
/** One entry of `lxc_configs`. */
export type ContainerConfig = z.output<typeof containerSchema>;
