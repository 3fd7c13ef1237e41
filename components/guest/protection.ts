/** Which guests Pulumi may not delete. */

/** How guests are kept from Pulumi's deletes. */
export interface Protection {
  /** Whether a guest is protected when nothing of its own says otherwise: `phoenix:protectGuests`. */
  guests: boolean;
  /** Whether any guest of the stack is: then nothing of the stack goes by a plain `pulumi destroy`. */
  any: boolean;
}

/** What of a guest decides whether it is protected. */
interface Protected {
  /** Its entry's own `protect`. */
  protect?: boolean;
  /** Whether the stack allows a change to delete it and recreate it. */
  mayGo?: boolean;
}

/** Whether a guest is kept from Pulumi's deletes; as if each were by default. */
export const isProtected = (
  { protect = false, mayGo = false }: Protected,
  protection?: Pick<Protection, "guests">,
): boolean => protect || (!mayGo && protection?.guests !== false);

/** What a stack's guests are to it; `guests` is its setting. */
export const protectionOf = (guests: boolean, all: Protected[]): Protection => ({
  guests,
  any: all.some((guest) => isProtected(guest, { guests })),
});
