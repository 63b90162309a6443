import { createHash } from 'node:crypto'
import type { Setting } from '../../scenario/settings/settings.ts'
import { combine, modeAxis, parseSetting, pathAxis, variantAxis, type Arm, type Axis } from './arms.ts'
import { InputError } from '../input-error.ts'
import type { WorldInput } from '../ground.ts'

export interface SweepWanted {
  modes?: readonly string[]
  variants?: readonly string[]
  /** `PATH=A,B,C`; a path with a single value holds for all runs. */
  sets?: readonly string[]
}

export interface Grid {
  axes: Axis[]
  arms: Arm[]
  /** What holds for all runs. */
  shared: Setting[]
}

/** The grid that a sweep asks for. Throws an InputError if nothing varies. */
export function gridOf({ modes = [], variants = [], sets = [] }: SweepWanted): Grid {
  const paths = sets.map(parseSetting).map(({ path, value }) => ({ path, values: splitValues(value) }))
  const twice = paths.find(({ path }, i) => paths.findIndex((other) => other.path === path) < i)
  if (twice !== undefined) throw new InputError(`--set ${twice.path}: given twice; write its values once, separated by commas`)
  const axes = [modeAxis(modes), variantAxis(variants), ...paths.filter(({ values }) => values.length > 1).map(({ path, values }) => pathAxis(path, values))].filter(({ arms }) => arms.length > 0)
  const arms = combine(axes)
  if (arms.length < 2) throw new InputError('nothing varies: give a path several values, such as --set deployment/web.preStop=0s,5s,10s')
  return { axes, arms, shared: paths.flatMap(({ path, values }) => (values.length === 1 ? [{ path, value: values[0] }] : [])) }
}

/** What a run was made from, its seed aside: runs with the same word may be held together, whenever they were made. */
export function inputHash({ scenario, objects, proxyDocument }: WorldInput): string {
  const { seed: _, ...rest } = scenario
  return createHash('sha256').update(JSON.stringify([rest, objects, proxyDocument])).digest('hex').slice(0, 16)
}

/** At commas that stand in no brackets. */
function splitValues(text: string): string[] {
  const values = ['']
  let depth = 0
  for (const letter of text) {
    if ('[{('.includes(letter)) depth++
    if (')}]'.includes(letter)) depth--
    if (letter === ',' && depth === 0) values.push('')
    else values[values.length - 1] += letter
  }
  return values.map((value) => value.trim())
}
