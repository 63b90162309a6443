import type { Nanos } from '../../engine/agenda.ts'

/** How many entries a table has had at most, over a run and in each of its intervals, and when it was full first. */
export class Occupancy {
  readonly interval: Nanos
  /** Most entries in each interval; undefined where none asked to come in. */
  readonly peaks: (number | undefined)[] = []
  /** When a packet was first dropped for want of an entry. */
  firstFull: Nanos | undefined

  constructor(interval: Nanos = Number.POSITIVE_INFINITY) {
    this.interval = interval
  }

  get peak(): number {
    return this.peaks.reduce<number>((most, peak) => Math.max(most, peak ?? 0), 0)
  }

  /** There are so many entries now: one has just come in, or found no room. */
  note(now: Nanos, entries: number): void {
    const index = Math.floor(now / this.interval)
    const most = this.peaks[index]
    if (most === undefined || entries > most) this.peaks[index] = entries
  }
}
