import { inlineMore } from '../src/cli/tune.ts'
import { chain } from './cases/chain.ts'
import { hold } from './cases/hold.ts'
import { loading } from './cases/loading.ts'
import { memory } from './cases/memory.ts'
import { rollout } from './cases/rollout.ts'
import { statistics } from './cases/statistics.ts'
import { tcp } from './cases/tcp.ts'
import { udp } from './cases/udp.ts'
import type { Case } from './sample.ts'

const CASES: Readonly<Record<string, Case>> = { hold, chain, udp, tcp, loading, memory, rollout, statistics }

// One case, measured once: `node dist-bench/case.js udp services=10` prints a line of JSON.
const [name = '', ...options] = process.argv.slice(2)
const run = CASES[name]
if (run === undefined) throw new Error(`no case ${name}; there are ${Object.keys(CASES).join(', ')}`)
inlineMore()
console.log(JSON.stringify(run(Object.fromEntries(options.map((option) => option.split('='))))))
