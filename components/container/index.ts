export { Guests } from "./guests";
export { lookAtNode } from "./presence";
export { stackTag } from "./settings";
