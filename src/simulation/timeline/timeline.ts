import type { TimelineEvent } from '../../scenario/schema/scenario.ts'
import type { World } from '../world.ts'
import { act, type Deed } from './deeds.ts'
import { Failures, type Obstacle } from './failures.ts'

/** Something that the scenario's timeline has done. */
export interface Happening {
  at: number
  what: string
}

/** Puts everything of the scenario's timeline on the agenda. */
export class Timeline {
  /** What has happened so far. */
  readonly happenings: Happening[] = []
  readonly #world: World
  readonly #failures: Failures

  constructor(world: World) {
    this.#world = world
    this.#failures = new Failures(world)
    const events = [...world.scenario.timeline].sort((a, b) => a.at - b.at)
    for (const event of events) world.agenda.post(event.at, this.#run, event)
  }

  readonly #run = (event: TimelineEvent): void => {
    const { what, obstacle, end } = act(event, this.#world, this.#failures)
    this.#note(what, obstacle)
    const { agenda } = this.#world
    if (end?.after !== undefined) agenda.post(agenda.now + end.after, this.#end, end)
  }

  readonly #end = ({ act, what }: NonNullable<Deed['end']>): void => {
    act()
    this.#note(what)
  }

  #note(what: string, obstacle?: Obstacle): void {
    this.happenings.push({ at: this.#world.now, what: obstacle === undefined ? what : `${what}: ${obstacle}` })
  }
}
