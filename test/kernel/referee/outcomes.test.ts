import { assert, suite } from '../../kit.ts'
import { compareWith } from './compare.ts'
import { randomServices } from './random-services.ts'
import { IN_NAMESPACES, lacking, runInFolder, skip } from './real-kernel.ts'
import { ASKS_ALL, ONE_IN } from './sample.ts'

const outcomes = suite('who answers whom, seen as whom, and how it fails, on the running kernel')

/** The lab's own configuration in full; others, and the older kernel interface for the same rules, a part of the questions. */
const COURTS = [
  { mode: 'iptables', restore: 'iptables-restore' },
  { mode: 'iptables', restore: 'iptables-legacy-restore', oneIn: 10 },
  { mode: 'iptables', restore: 'iptables-restore', oneIn: 20, config: { iptables: { masqueradeAll: true } } },
  { mode: 'iptables', restore: 'iptables-restore', oneIn: 20, config: { clusterCIDR: '' } },
  { mode: 'iptables', restore: 'iptables-restore', oneIn: 20, config: { detectLocalMode: 'NodeCIDR' } },
  { mode: 'iptables', restore: 'iptables-restore', oneIn: 20, config: { nodePortAddresses: ['172.18.0.0/16'], iptables: { localhostNodePorts: false } } },
  { mode: 'nftables', restore: '' },
  { mode: 'nftables', restore: '', oneIn: 20, config: { nftables: { masqueradeAll: true } } },
  { mode: 'nftables', restore: '', oneIn: 20, config: { detectLocalMode: 'InterfaceNamePrefix', detectLocal: { interfaceNamePrefix: 'veth-' } } },
  { mode: 'nftables', restore: '', oneIn: 20, config: { nodePortAddresses: ['0.0.0.0/0'] } },
]
/** Attempts at once. */
const WIDTH = 800
/** Seconds for one lab and its questions. */
const LIMIT = 240

async function run(files: Readonly<Record<string, string>>, result: string): Promise<string> {
  const [text = ''] = await runInFolder(files, IN_NAMESPACES, LIMIT, [result])
  return text
}

/** Services drawn at random: so many sets of them, of whose questions one in so many is asked. */
const SEEDS = ASKS_ALL ? ['1', '2', '3'] : ['1']
const ONE_IN_RANDOM = 8

for (const { mode, restore, oneIn = 1, config = {} } of COURTS) {
  if (oneIn > 1 && !ASKS_ALL) continue
  const words = `${mode} mode${restore === '' ? '' : ` (${restore})`}${Object.keys(config).length === 0 ? '' : ` with ${JSON.stringify(config)}`}`
  outcomes(`${words}: kubehop says what the kernel does`, async () => {
    const missing = lacking(['ip', 'python3', restore === '' ? 'nft' : restore])
    if (missing.length > 0) return skip(words, missing.join(', '))
    const { questions, attempts, differences } = await compareWith({ mode, restore, config, width: WIDTH, oneIn: oneIn * ONE_IN, run })
    console.log(`${words}: ${questions} questions, ${attempts} attempts`)
    assert.equal(differences, [])
  })
}

for (const [mode, restore] of [['iptables', 'iptables-restore'], ['nftables', '']] as const) {
  for (const seed of SEEDS) {
    const words = `${mode} mode with random Services (${seed})`
    outcomes(`${words}: kubehop says what the kernel does`, async () => {
      const missing = lacking(['ip', 'python3', restore === '' ? 'nft' : restore])
      if (missing.length > 0) return skip(words, missing.join(', '))
      const { questions, attempts, differences } = await compareWith({ mode, restore, change: (objects) => randomServices(objects, seed), width: WIDTH, oneIn: ONE_IN_RANDOM * ONE_IN, run })
      console.log(`${words}: ${questions} questions, ${attempts} attempts`)
      assert.equal(differences, [])
    })
  }
}

outcomes.run()
