import { assert, suite } from '../../kit.ts'
import { compareWith } from './compare.ts'
import { GUEST_FILES, GUEST_TOOLS, hasGuestModules, IN_GUEST } from './guest.ts'
import { randomServices } from './random-services.ts'
import { lacking, runInFolder, skip } from './real-kernel.ts'
import { ASKS_ALL } from './sample.ts'
import type { Setup } from './simulated.ts'

const outcomes = suite('ipvs mode against the kernel of user-mode Linux')

interface Court extends Omit<Setup, 'mode'> {
  readonly what: string
  readonly oneIn: number
}

/** A guest has one slow processor: one question in so many is asked. Schedulers that hash the source leave nothing to chance. */
const COURTS: readonly Court[] = [
  { what: 'as kube-proxy comes', oneIn: 4 },
  { what: 'with random Services', oneIn: 16, change: (objects) => randomServices(objects, '1') },
  { what: 'with scheduler sh', oneIn: 24, config: { ipvs: { scheduler: 'sh' } } },
  { what: 'with scheduler mh', oneIn: 24, config: { ipvs: { scheduler: 'mh' } } },
  { what: 'with strictARP and everything masqueraded', oneIn: 24, config: { ipvs: { strictARP: true }, iptables: { masqueradeAll: true } } },
]
/** Attempts at once. */
const WIDTH = 100
/** Seconds for one guest. */
const LIMIT = 400

for (const { what, ...court } of COURTS) {
  outcomes(`ipvs mode ${what}: kubehop says what the kernel does`, async () => {
    if (!ASKS_ALL) return skip(`ipvs mode ${what}`, 'npm run test:kernel')
    const missing = [...lacking(GUEST_TOOLS), ...(hasGuestModules() ? [] : ['the modules of user-mode-linux'])]
    if (missing.length > 0) return skip(`ipvs mode ${what}`, missing.join(', '))
    const { questions, attempts, differences } = await compareWith({ mode: 'ipvs', restore: 'iptables-legacy-restore', width: WIDTH, run, ...court })
    console.log(`ipvs mode ${what}: ${questions} questions, ${attempts} attempts`)
    assert.equal(differences, [])
  })
}

async function run(files: Readonly<Record<string, string>>, result: string): Promise<string> {
  const [text = ''] = await runInFolder({ ...files, ...GUEST_FILES }, IN_GUEST, LIMIT, [result])
  return text
}

outcomes.run()
