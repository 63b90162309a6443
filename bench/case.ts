import { tcp } from './cases/tcp.ts'
import { udp } from './cases/udp.ts'
import type { Case } from './sample.ts'

const CASES: Readonly<Record<string, Case>> = { udp, tcp }

const [name = '', ...options] = process.argv.slice(2)
const run = CASES[name]
if (run === undefined) throw new Error(`no case ${name}; there are ${Object.keys(CASES).join(', ')}`)
console.log(JSON.stringify(run(Object.fromEntries(options.map((option) => option.split('='))))))
