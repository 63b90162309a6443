import { suggest } from '../../engine/nearest.ts'
import { ruleGrowthCsv } from '../../report/bench-rules/csv.ts'
import { ruleGrowthPicture } from '../../report/bench-rules/picture.ts'
import { SERIES, type Series } from '../../report/bench-rules/rule-growth.ts'
import { ruleGrowthText } from '../../report/bench-rules/text.ts'
import { ruleGrowth } from '../../simulation/bench-rules/rule-growth.ts'
import { OK } from '../exit.ts'
import { list, UsageError, wholeNumber } from '../flags.ts'
import { paint, print, printJson } from '../output.ts'
import { savePicture } from '../picture.ts'

export interface BenchRulesFlags {
  services: string
  endpoints: string
  modes?: string
  picture?: string
  output?: string
  quiet?: boolean
}

/** Beyond these the address ranges of the set-up run out. */
const SERVICES_MAX = 500_000
const ENDPOINTS_MAX = 10_000

/** `kubehop bench rules`: how rules, latency, memory and programming time grow with the number of Services. */
export function benchRules(flags: BenchRulesFlags): number {
  const services = [...new Set(list(flags.services).map(readCount))].sort((a, b) => a - b)
  if (services.length === 0) throw new UsageError('--services: how many? Such as 1,10,100,1k,10k,50k')
  const endpoints = wholeNumber('--endpoints', flags.endpoints)
  if (endpoints > ENDPOINTS_MAX) throw new UsageError(`--endpoints ${endpoints}: at most ${ENDPOINTS_MAX}`)
  const isWatched = process.stderr.isTTY && flags.quiet !== true
  const growth = ruleGrowth({
    series: flags.modes === undefined ? SERIES : list(flags.modes).flatMap(seriesOf),
    services,
    endpoints,
    onStep: (what) => {
      if (isWatched) process.stderr.write(`\r\x1b[K${what}`)
    },
  })
  if (isWatched) process.stderr.write('\r\x1b[K')
  if (flags.output === 'json') printJson(growth)
  else if (flags.output === 'csv') print(ruleGrowthCsv(growth))
  else print(ruleGrowthText(growth, paint))
  if (flags.picture !== undefined) savePicture(flags.picture, ruleGrowthPicture(growth))
  return OK
}

/** `10`, `1k`, `50k`. */
function readCount(text: string): number {
  const [, digits, thousands] = /^(\d+)(k?)$/i.exec(text) ?? []
  const count = Number(digits) * (thousands === '' ? 1 : 1000)
  if (digits === undefined || count < 1 || count > SERVICES_MAX) throw new UsageError(`--services ${text}: must be numbers from 1 to ${SERVICES_MAX}, such as 1,100,10k`)
  return count
}

/** A mode as other commands call it; iptables mode has two backends. */
function seriesOf(word: string): Series[] {
  if (word === 'iptables') return ['iptables-nft', 'iptables-legacy']
  const found = SERIES.find((series) => series === word)
  if (found === undefined) throw new UsageError(`--modes ${word}: ${suggest(word, ['iptables', ...SERIES]) ?? ''}`)
  return [found]
}
