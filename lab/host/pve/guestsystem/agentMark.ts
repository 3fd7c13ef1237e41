/** There while the agent of a virtual machine answers: its service makes and removes it. */
export const AGENT_MARK = "/run/phoenix-lab/qemu-ga";
