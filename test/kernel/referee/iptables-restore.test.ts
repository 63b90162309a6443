import { printRuleset } from '../../../src/kernel/rules/iptables-save/print.ts'
import { proxyConfigFrom } from '../../../src/proxy/config.ts'
import { IptablesProxy } from '../../../src/proxy/iptables.ts'
import { assert, suite } from '../../kit.ts'
import { readLab } from '../../proxy/lab.ts'
import { inNamespace, skip } from './real-kernel.ts'

const restore = suite('iptables-restore and iptables-save of a real kernel')
const lab = readLab()

const CONFIGS = [{}, { detectLocalMode: 'InterfaceNamePrefix', detectLocal: { interfaceNamePrefix: 'veth-' } }, { nodePortAddresses: ['primary'], masqueradeAll: true }]

restore('the kernel takes the rules of every node, and gives back the same text', () => {
  for (const config of CONFIGS) {
    const proxy = new IptablesProxy(proxyConfigFrom({ ...lab.config, ...config }))
    for (const node of lab.nodes) {
      const text = [...printRuleset(proxy.program(lab.snapshot, node))]
      const answer = inNamespace('iptables-restore && iptables-save', `${text.join('\n')}\n`)
      if (answer === undefined) return skip('iptables-restore')
      assert.is(answer.status, 0, answer.stderr)
      assert.equal(sections(answer.stdout.split('\n')), sections(text), node.nodeName)
    }
  }
})

/** The lines of each table without remarks, tables by name: iptables-save prints them in the order of their creation. */
function sections(lines: readonly string[]): string[] {
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#'))
  return rules.join('\n').split('COMMIT').map((section) => section.trim()).sort()
}

restore.run()
