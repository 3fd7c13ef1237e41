/** Where the user wrote what is read in another place: messages name the user's own file and key. */

/** Steps into a JSON document: keys and array indices. */
export type Path = readonly (string | number)[];

/** A place in one of the files. */
export interface Place {
  file: string;
  path: Path;
}

const keyOf = ({ file, path }: Place) => JSON.stringify([file, ...path]);

/** What was moved, and from where. */
export class Moves {
  private readonly origins = new Map<string, Place>();

  add(to: Place, from: Place): void {
    this.origins.set(keyOf(to), from);
  }

  /** The place that the user knows, where the value at a place, or what is around it, was moved there. */
  originOf(place: Place): Place {
    for (let length = place.path.length; length > 0; length--) {
      const from = this.origins.get(keyOf({ ...place, path: place.path.slice(0, length) }));
      if (from) return this.originOf({ ...from, path: [...from.path, ...place.path.slice(length)] });
    }
    return place;
  }
}
