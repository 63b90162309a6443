import { suggest } from '../engine/nearest.ts'
import { isSchedulerName, SCHEDULER_NAMES } from '../kernel/ipvs/schedulers/by-name.ts'
import { PROXY_MODES } from '../proxy/config.ts'
import type { Input } from '../scenario/load.ts'
import type { Setting } from '../scenario/settings/settings.ts'
import { InputError } from './input-error.ts'

/** One of the settings under which a scenario is run beside others. */
export interface Arm {
  /** How reports name it: `ipvs:rr`, a variant, `cluster.nodes=5`. */
  name: string
  variant?: string
  settings: Setting[]
}

export interface ArmsWanted {
  /** `iptables`, `ipvs:lc`, … */
  modes?: readonly string[]
  variants?: readonly string[]
  /** `PATH=VALUE`; a path that occurs more than once is what is compared, any other holds for all. */
  sets?: readonly string[]
}

/**
 * The settings that a comparison asks for, and those that hold for all of them. Modes, variants and paths that are
 * given together multiply. Throws an InputError for words it does not know.
 */
export function armsOf({ modes = [], variants = [], sets = [] }: ArmsWanted): { arms: Arm[]; shared: Setting[] } {
  const byPath = groupByPath(sets)
  const shared = [...byPath.values()].flatMap((settings) => (settings.length === 1 ? settings : []))
  const axes: Arm[][] = [modes.map(modeArm), variants.map((variant) => ({ name: variant, variant, settings: [] })), ...[...byPath.values()].filter((settings) => settings.length > 1).map((settings) => settings.map(settingArm))]
  const arms = axes.filter((axis) => axis.length > 0).reduce<Arm[]>((grid, axis) => (grid.length === 0 ? axis : grid.flatMap((arm) => axis.map((other) => joined(arm, other)))), [])
  return { arms, shared }
}

/** The input of one run under that setting; without a seed, the scenario's own. */
export function inputFor(base: Input, arm: Arm, seed?: string): Input {
  const variant = arm.variant ?? base.variant
  const seeded: Setting[] = seed === undefined ? [] : [{ path: 'seed', value: seed, from: '--seed' }]
  return { ...base, ...(variant === undefined ? {} : { variant }), settings: [...(base.settings ?? []), ...arm.settings, ...seeded] }
}

/** So many seeds, beginning with the scenario's own: `7`, `8`, … or `blue`, `blue-2`, … */
export function seedsFrom(first: string, count: number): string[] {
  const number = /^\d{1,15}$/.test(first) ? Number(first) : undefined
  return Array.from({ length: count }, (_, i) => (number !== undefined ? String(number + i) : i === 0 ? first : `${first}-${i + 1}`))
}

/** Reads `PATH=VALUE`. */
export function parseSetting(text: string): Setting {
  const at = text.indexOf('=')
  if (at <= 0) throw new InputError(`--set ${text}: must be PATH=VALUE`)
  return { path: text.slice(0, at), value: text.slice(at + 1) }
}

function modeArm(word: string): Arm {
  const [mode = '', scheduler] = word.split(':')
  if (!PROXY_MODES.some((known) => known === mode)) throw new InputError(`there is no mode ${mode}; ${suggest(mode, PROXY_MODES) ?? ''}`)
  const settings: Setting[] = [{ path: 'mode', value: mode, from: '--modes' }]
  if (scheduler === undefined) return { name: word, settings }
  if (mode !== 'ipvs') throw new InputError(`${word}: only ipvs mode has schedulers`)
  if (!isSchedulerName(scheduler)) throw new InputError(`IPVS has no scheduler ${scheduler}; ${suggest(scheduler, SCHEDULER_NAMES) ?? ''}`)
  return { name: word, settings: [...settings, { path: 'proxy.ipvs.scheduler', value: scheduler, from: '--modes' }] }
}

function settingArm(setting: Setting): Arm {
  return { name: `${setting.path}=${String(setting.value)}`, settings: [setting] }
}

function groupByPath(sets: readonly string[]): Map<string, Setting[]> {
  const byPath = new Map<string, Setting[]>()
  for (const setting of sets.map(parseSetting)) byPath.set(setting.path, [...(byPath.get(setting.path) ?? []), setting])
  return byPath
}

function joined(a: Arm, b: Arm): Arm {
  const variant = a.variant ?? b.variant
  return { name: `${a.name} ${b.name}`, ...(variant === undefined ? {} : { variant }), settings: [...a.settings, ...b.settings] }
}
