import { printTable } from '../../../src/kernel/nftables/print.ts'
import { cidrOf } from '../../../src/kernel/address.ts'
import { proxyConfigFrom } from '../../../src/proxy/config.ts'
import { NftablesProxy } from '../../../src/proxy/nftables.ts'
import { assert, suite } from '../../kit.ts'
import { readLab } from '../../proxy/lab.ts'
import { inNamespace, skip } from './real-kernel.ts'

const nft = suite('nft of a real kernel')
const lab = readLab()

const CONFIGS = [{}, { detectLocalMode: 'InterfaceNamePrefix', detectLocal: { interfaceNamePrefix: 'veth-' } }, { nodePortAddresses: ['0.0.0.0/0'], nftables: { masqueradeAll: true } }]
const SERVICE_CIDRS = [[cidrOf('10.96.0.0/16')], [], [cidrOf('10.96.0.0/16'), cidrOf('10.112.0.0/16')]]

nft('the kernel takes the table of every node, and lists the same', () => {
  for (const [i, config] of CONFIGS.entries()) {
    const proxy = new NftablesProxy(proxyConfigFrom({ ...lab.config, ...config, mode: 'nftables' }), SERVICE_CIDRS[i] ?? [])
    for (const node of lab.nodes) {
      const text = [...printTable(proxy.program(lab.snapshot, node))]
      const answer = inNamespace('nft --check -f -', `${text.join('\n')}\n`)
      if (answer === undefined) return skip('nft')
      assert.is(answer.status, 0, answer.stderr)
      const listed = inNamespace('nft -f - && nft list ruleset', `${text.join('\n')}\n`)
      assert.is(listed?.status, 0, listed?.stderr)
      assert.equal(unordered((listed?.stdout ?? '').split('\n')), unordered(text), node.nodeName)
    }
  }
})

/** A section for each set, map and chain; elements sorted, for nft lists them in the order of the kernel's hash. */
function unordered(lines: readonly string[]): string[] {
  const sections = lines.map((line) => line.trim()).filter((line) => line !== '').join('\n').split(/\n(?=set |map |chain )/)
  return sections.map((section) => section.replace(/(?<=\nelements = \{ )[^}]*/, (elements) => elements.trim().split(/,\s+/).sort().join(', ') + ' '))
}

nft.run()
