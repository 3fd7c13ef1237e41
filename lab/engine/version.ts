/** The engine whose behaviour this one stands in for; what `pulumi version` prints. */
export const VERSION = "v3.259.0";
