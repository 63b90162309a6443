/** Something that stands in at most one roster. */
export interface Member {
  /** Where it stands; -1: nowhere. */
  place: number
}

/**
 * Those that are there now. As a Set, for objects that come and go by the million: V8's sets make a new table every few
 * deletions, and each dead table keeps the next one, with all that stands in it, alive until a full garbage collection.
 */
export class Roster<T extends Member> {
  readonly #members: T[] = []

  get size(): number {
    return this.#members.length
  }

  add(member: T): void {
    member.place = this.#members.length
    this.#members.push(member)
  }

  /** Takes it out, if it is there; the last one takes its place. */
  remove(member: T): void {
    const { place } = member
    if (this.#members[place] !== member) return
    const last = this.#members.pop()
    if (last !== undefined && last !== member) {
      this.#members[place] = last
      last.place = place
    }
    member.place = -1
  }

  /** All of them, as they stand. */
  list(): T[] {
    return [...this.#members]
  }

  clear(): void {
    for (const member of this.#members) member.place = -1
    this.#members.length = 0
  }
}
