import { suggest } from '../../engine/nearest.ts'
import { isSchedulerName, SCHEDULER_NAMES } from '../../kernel/ipvs/schedulers/by-name.ts'
import { PROXY_MODES } from '../../proxy/config.ts'
import type { Input } from '../../scenario/load.ts'
import type { Setting } from '../../scenario/settings/settings.ts'
import { InputError } from '../input-error.ts'
import { readInput } from '../read-input.ts'
import type { WorldInput } from '../ground.ts'

/** One of the settings under which a scenario is run beside others. */
export interface Arm {
  /** How reports name it: `ipvs:rr`, a variant, `cluster.nodes=5`. */
  name: string
  /** Its value on each axis, in their order. */
  values: string[]
  variant?: string
  settings: Setting[]
}

/** Something that takes several values: the mode, the variant, a path. */
export interface Axis {
  name: string
  arms: Arm[]
}

export function modeAxis(modes: readonly string[]): Axis {
  return { name: 'mode', arms: modes.map(modeArm) }
}

export function variantAxis(variants: readonly string[]): Axis {
  return { name: 'variant', arms: variants.map((variant) => ({ name: variant, values: [variant], variant, settings: [] })) }
}

export function pathAxis(path: string, values: readonly string[]): Axis {
  return { name: path, arms: values.map((value) => ({ name: `${path}=${value}`, values: [value], settings: [{ path, value }] })) }
}

/** Every combination of the axes' values; the last axis changes fastest. */
export function combine(axes: readonly Axis[]): Arm[] {
  const used = axes.filter(({ arms }) => arms.length > 0)
  return used.reduce<Arm[]>((grid, { arms }) => (grid.length === 0 ? arms : grid.flatMap((arm) => arms.map((other) => joined(arm, other)))), [])
}

/** The input of one run under that setting; without a seed, the scenario's own. */
export function inputFor(base: Input, arm: Arm, seed?: string): Input {
  const variant = arm.variant ?? base.variant
  const seeded: Setting[] = seed === undefined ? [] : [{ path: 'seed', value: seed, from: '--seed' }]
  return { ...base, ...(variant === undefined ? {} : { variant }), settings: [...(base.settings ?? []), ...arm.settings, ...seeded] }
}

/** The inputs of all settings with the scenario's own seed. Throws an InputError that says with which setting something is wrong. */
export function readArms(base: Input, arms: readonly Arm[]): WorldInput[] {
  return arms.map((arm) => {
    try {
      return readInput(inputFor(base, arm))
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      throw new InputError(`with ${arm.name}:\n${error.message}`, error.complaints)
    }
  })
}

/** So many seeds, beginning with the scenario's own: `7`, `8`, … or `blue`, `blue-2`, … */
export function seedsFrom(first: string, count: number): string[] {
  const number = /^\d{1,15}$/.test(first) ? Number(first) : undefined
  return Array.from({ length: count }, (_, i) => (number !== undefined ? String(number + i) : i === 0 ? first : `${first}-${i + 1}`))
}

/** Reads `PATH=VALUE`. Throws an InputError. */
export function parseSetting(text: string): { path: string; value: string } {
  const at = text.indexOf('=')
  if (at <= 0) throw new InputError(`--set ${text}: must be PATH=VALUE`)
  return { path: text.slice(0, at), value: text.slice(at + 1) }
}

function modeArm(word: string): Arm {
  const [mode = '', scheduler] = word.split(':')
  if (!PROXY_MODES.some((known) => known === mode)) throw new InputError(`there is no mode ${mode}; ${suggest(mode, PROXY_MODES) ?? ''}`)
  const settings: Setting[] = [{ path: 'mode', value: mode, from: '--modes' }]
  if (scheduler === undefined) return { name: word, values: [word], settings }
  if (mode !== 'ipvs') throw new InputError(`${word}: only ipvs mode has schedulers`)
  if (!isSchedulerName(scheduler)) throw new InputError(`IPVS has no scheduler ${scheduler}; ${suggest(scheduler, SCHEDULER_NAMES) ?? ''}`)
  return { name: word, values: [word], settings: [...settings, { path: 'proxy.ipvs.scheduler', value: scheduler, from: '--modes' }] }
}

function joined(a: Arm, b: Arm): Arm {
  const variant = a.variant ?? b.variant
  return { name: `${a.name} ${b.name}`, values: [...a.values, ...b.values], ...(variant === undefined ? {} : { variant }), settings: [...a.settings, ...b.settings] }
}
