import type { Input } from '../../scenario/load.ts'
import type { Setting } from '../../scenario/settings/settings.ts'
import { areIdentical, figuresCompared, type Comparison } from '../../report/compare/comparison.ts'
import type { Report } from '../../report/report.ts'
import { VERSION } from '../../version.ts'
import { combine, inputFor, modeAxis, parseSetting, pathAxis, readArms, seedsFrom, variantAxis, type Arm } from './arms.ts'
import { factsOf } from './behaviour/facts.ts'
import { behaviourDifferences, probeServices } from './behaviour/probe-all.ts'
import { InputError } from '../input-error.ts'
import type { ArmsWanted, CompareOptions } from '../options.ts'
import { readInput } from '../read-input.ts'
import { runToEnd } from '../simulate.ts'
import type { WorldInput } from '../ground.ts'
import { World } from '../world.ts'

/** Runs a scenario under several settings with the same arrivals, and says what differs. Throws an InputError for what cannot be simulated. */
export function compare(scenario: string | object | readonly object[], { seeds = 10, ...wanted }: CompareOptions): Comparison {
  const { arms, shared } = armsOf(wanted)
  const base: Input = { given: scenario, settings: shared }
  const inputs = readArms(base, arms)
  const names = seedsFrom(inputs[0]?.scenario.seed ?? '1', seeds)
  const reports = arms.map((arm) => names.map((seed) => runToEnd(readInput(inputFor(base, arm, seed)))))
  return comparisonOf(arms, inputs, names, reports)
}

/**
 * The settings to compare, and those that hold for all of them. Modes, variants and paths that are given together
 * multiply. Throws an InputError if there is nothing to compare.
 */
export function armsOf({ modes = [], variants = [], sets = [] }: ArmsWanted): { arms: Arm[]; shared: Setting[] } {
  const values = new Map<string, string[]>()
  for (const { path, value } of sets.map(parseSetting)) values.set(path, [...(values.get(path) ?? []), value])
  const paths = [...values]
  const arms = combine([modeAxis(modes), variantAxis(variants), ...paths.filter(([, all]) => all.length > 1).map(([path, all]) => pathAxis(path, all))])
  if (arms.length < 2) throw new InputError('a comparison needs two settings: --modes iptables,nftables, --variants A,B, or one path twice: --set PATH=A --set PATH=B')
  return { arms, shared: paths.flatMap(([path, all]) => (all.length === 1 ? [{ path, value: all[0] }] : [])) }
}

/** `reports[setting][seed]`; `inputs` to be probed, one of each setting. */
export function comparisonOf(arms: readonly Arm[], inputs: readonly WorldInput[], seeds: readonly string[], reports: readonly (readonly Report[])[]): Comparison {
  const probed = inputs.map(probeServices)
  const behaviours = behaviourDifferences(probed)
  const facts = differingFacts(inputs)
  const [first] = reports[0] ?? []
  return {
    kubehop: VERSION,
    scenario: inputs[0]?.scenario.name ?? '',
    ...(first?.question === undefined ? {} : { question: first.question }),
    profile: first?.profile ?? '',
    seeds: [...seeds],
    settings: arms.map(({ name }) => name),
    identical: areIdentical(reports) && behaviours.length === 0 && facts.length === 0,
    figures: figuresCompared(reports),
    probed: probed[0]?.observations.size ?? 0,
    behaviours,
    facts,
  }
}

function differingFacts(inputs: readonly WorldInput[]): Comparison['facts'] {
  const facts = inputs.map((input) => factsOf(new World(input)))
  const names = [...(facts[0]?.keys() ?? [])]
  return names.map((fact) => ({ fact, values: facts.map((own) => own.get(fact) ?? '') })).filter(({ values }) => new Set(values).size > 1)
}
