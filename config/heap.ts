/** Numbers of which the least can be taken at once: a binary heap. */
export class Heap {
  private readonly items: number[] = [];

  add(item: number): void {
    let at = this.items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.of(above) <= item) break;
      this.items[at] = this.of(above);
      at = above;
    }
    this.items[at] = item;
  }

  /** Takes the least one out; undefined when there is none. */
  takeLeast(): number | undefined {
    const least = this.items[0];
    const last = this.items.pop();
    if (last === undefined || this.items.length === 0) return least;
    let at = 0;
    for (let below = 1; below < this.items.length; below = 2 * at + 1) {
      if (below + 1 < this.items.length && this.of(below + 1) < this.of(below)) below++;
      if (this.of(below) >= last) break;
      this.items[at] = this.of(below);
      at = below;
    }
    this.items[at] = last;
    return least;
  }

  private of(at: number): number {
    return this.items[at] as number;
  }
}
