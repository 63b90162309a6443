import { assert, suite } from '../../kit.ts'
import { compareWith } from './compare.ts'
import { GUEST_FILES, GUEST_TOOLS, hasGuestModules, IN_GUEST } from './guest.ts'
import { lacking, runInFolder, skip } from './real-kernel.ts'
import { ASKS_ALL } from './sample.ts'

const outcomes = suite('ipvs mode against the kernel of user-mode Linux')

/** A guest has one slow processor: few attempts at once, and one question in so many of those that the running kernel is asked. */
const WIDTH = 100
const ONE_IN = 4
/** Seconds for one guest. */
const LIMIT = 300

outcomes('ipvs mode: kubehop says what the kernel does', async () => {
  if (!ASKS_ALL) return skip('outcomes in ipvs mode', 'npm run test:kernel')
  const missing = [...lacking(GUEST_TOOLS), ...(hasGuestModules() ? [] : ['the modules of user-mode-linux'])]
  if (missing.length > 0) return skip('outcomes in ipvs mode', missing.join(', '))
  const { questions, attempts, differences } = await compareWith({ mode: 'ipvs', restore: 'iptables-legacy-restore', width: WIDTH, oneIn: ONE_IN, run })
  console.log(`ipvs mode: ${questions} questions, ${attempts} attempts`)
  assert.equal(differences, [])
})

async function run(files: Readonly<Record<string, string>>, result: string): Promise<string> {
  const [text = ''] = await runInFolder({ ...files, ...GUEST_FILES }, IN_GUEST, LIMIT, [result])
  return text
}

outcomes.run()
