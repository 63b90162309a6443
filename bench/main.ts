import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { PLAN, type Benchmark } from './plan.ts'
import type { Sample } from './sample.ts'
import { summarise } from './statistics.ts'
import { table, type Measured } from './table.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, json: { type: 'string' }, help: { type: 'boolean', default: false } },
})

if (values.help) {
  console.log(`npm run bench -- [${PLAN.map(({ name }) => name).join('|')}]… [--rounds 5] [--json FILE]`)
  process.exit(0)
}

/** Everybody once, then everybody again: what else the machine does meets all alike. */
function measure(benchmark: Benchmark, rounds: number): Measured[] {
  const runners = benchmark.runners().filter(({ name, missing }) => {
    if (missing !== undefined) console.error(`${name} is left out: ${missing}`)
    return missing === undefined
  })
  const samples = new Map<string, Sample[]>(runners.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const runner of runners) samples.get(runner.name)?.push(runner.run())
  }
  return [...samples].map(([name, taken]) => ({ name, figures: summarise(taken) }))
}

const wanted = PLAN.filter(({ name }) => positionals.length === 0 || positionals.some((each) => name === each || name.startsWith(`${each}-`)))
const machine = { cpu: cpus()[0]?.model.trim(), cores: availableParallelism(), node: process.version, load: loadavg()[0] }
console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, load ${machine.load?.toFixed(1)}; medians of ${values.rounds} rounds\n`)
const results: Record<string, Measured[]> = {}
for (const benchmark of wanted) {
  const measured = measure(benchmark, Number(values.rounds))
  results[benchmark.name] = measured
  console.log(`${table(benchmark, measured)}\n`)
}
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ machine, rounds: Number(values.rounds), results }, null, 1))
