import type { Agenda, Nanos } from '../engine/agenda.ts'

/** As load balancers are configured. */
export interface HealthCheckSettings {
  /** From the start of one check to the next. */
  interval: Nanos
  /** How long a target may take to answer. */
  timeout: Nanos
  /** Failures, and successes, in a row that change what is thought of a target. */
  unhealthy: number
  healthy: number
}

/** `silent`: no answer at all, so that the timeout passes before the check has failed. */
export type CheckResult = 'pass' | 'fail' | 'silent'

interface Target<T> {
  readonly target: T
  isHealthy: boolean
  /** Results in a row that speak against what is thought of it. */
  streak: number
}

/** A load balancer's opinion of its targets: it changes when enough checks in a row have said the contrary. */
export class HealthChecks<T> {
  readonly #agenda: Agenda
  readonly #settings: HealthCheckSettings
  readonly #ask: (target: T) => CheckResult
  readonly #targets: Target<T>[]
  #usable: readonly T[]

  /** What the targets say now they have said for long. `phase` tells, as a share of the interval, when a target's checks come. */
  constructor(agenda: Agenda, settings: HealthCheckSettings, targets: readonly T[], ask: (target: T) => CheckResult, phase: () => number) {
    this.#agenda = agenda
    this.#settings = settings
    this.#ask = ask
    this.#targets = targets.map((target) => ({ target, isHealthy: ask(target) === 'pass', streak: 0 }))
    this.#usable = this.#choose()
    for (const target of this.#targets) agenda.post(agenda.now + Math.round(phase() * settings.interval), this.#check, target)
  }

  /** Where connections go: the healthy targets, or all of them if none is, as load balancers do that fail open. */
  get usable(): readonly T[] {
    return this.#usable
  }

  readonly #check = (target: Target<T>): void => {
    const agenda = this.#agenda
    agenda.post(agenda.now + this.#settings.interval, this.#check, target)
    const result = this.#ask(target.target)
    if (result === 'silent') agenda.post(agenda.now + this.#settings.timeout, this.#fail, target)
    else this.#judge(target, result === 'pass')
  }

  readonly #fail = (target: Target<T>): void => {
    this.#judge(target, false)
  }

  #judge(target: Target<T>, passed: boolean): void {
    if (passed === target.isHealthy) {
      target.streak = 0
      return
    }
    target.streak++
    if (target.streak < (passed ? this.#settings.healthy : this.#settings.unhealthy)) return
    target.isHealthy = passed
    target.streak = 0
    this.#usable = this.#choose()
  }

  #choose(): readonly T[] {
    const healthy = this.#targets.filter(({ isHealthy }) => isHealthy)
    return (healthy.length > 0 ? healthy : this.#targets).map(({ target }) => target)
  }
}
