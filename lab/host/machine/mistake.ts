/** What the user can mend; shown as one sentence, without a stack. Everything else is a bug. */
export class Mistake extends Error {}
