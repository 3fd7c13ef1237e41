export { Guests } from "./guests";
export { emptyNode, lookAtNode } from "./presence";
export { stackTag } from "./settings";
