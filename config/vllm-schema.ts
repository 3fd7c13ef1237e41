/** Keys of a container that its application script hands to vLLM. */
import { z } from "zod";
import { freeJson, line, pattern, whole } from "./primitives";

/** Spread into the container's schema. */
export const vllmKeys = {
  vllm_model: line()
    .nullable()
    .optional()
    .describe("Model that vLLM serves, such as Qwen/Qwen2.5-7B-Instruct-AWQ"),
  vllm_served_model_name: line().optional().describe("Name vLLM serves the model under"),
  vllm_model_type: z.enum(["chat", "embedding"]).optional().describe("Kind of model"),
  vllm_port: whole(1, 65535).optional().describe("Port vLLM listens on, 1 to 65535"),
  vllm_quantization: line().optional().describe("Quantization of the model, such as awq_marlin"),
  vllm_max_model_len: whole(1, 100000000).optional().describe("Longest context in tokens"),
  vllm_gpu_memory_utilization: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("Share of the GPU's memory, 0 to 1"),
  vllm_tensor_parallel_size: whole(1, 8)
    .optional()
    .describe("Number of GPUs the model is spread over, 1 to 8"),
  vllm_trust_remote_code: z.boolean().optional().describe("Whether code that comes with the model may run"),
  vllm_parameters: z
    .record(pattern(/^[A-Za-z_][A-Za-z0-9_.-]*$/, "is not the name of a setting"), freeJson())
    .optional()
    .describe("Further settings of vLLM's engine by name"),
  vllm_args: z
    .array(line(16_384).describe("One word"))
    .optional()
    .describe("Words appended to vLLM's command line"),
};
