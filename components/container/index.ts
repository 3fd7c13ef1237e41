export { Guests } from "./guests";
export { emptyNode, lookAtNode, notYetOurs } from "./presence";
export { stackTag } from "./settings";
