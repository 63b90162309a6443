import { readFileSync } from 'node:fs'
import { listConntrack } from '../../../src/kernel/conntrack/list.ts'
import { ConntrackTable } from '../../../src/kernel/conntrack/table.ts'
import { CT_INVALID } from '../../../src/kernel/packet.ts'
import { kernelVersion } from '../../../src/kernel/version.ts'
import { assert, suite } from '../../kit.ts'
import { cross, end, segment } from './packets.ts'

const traces = suite('conntrack of TCP against kernel 6.18')
const client = end('10.1.0.2:20001')
const server = end('10.2.0.2:80')
const STEP_NS = 10_000_000

interface Recording {
  strict: string[][]
  liberal: string[][]
}
// The file's own "about" says what a step holds.
const recording = JSON.parse(readFileSync('test/vectors/conntrack-tcp-traces.json', 'utf8')) as Recording

interface Seen {
  isValid: boolean
  /** State and flags. */
  state: string
  seconds: number
}

function play(table: ConntrackTable, step: string, now: number): Seen {
  const [direction, flags = '', seq, ack, length, window] = step.split(' ')
  const [from, to] = direction === '0' ? [client, server] : [server, client]
  const packet = segment(from, to, flags.replace('P', ''), Number(seq), Number(ack), Number(length), Number(window))
  cross(table, packet, now)
  const [line] = listConntrack(table, now + STEP_NS / 2)
  const isValid = packet.ctState !== CT_INVALID
  if (line === undefined) return { isValid, state: '-', seconds: 0 }
  const [, , seconds, state, source] = line.split(/\s+/)
  const marks = [line.includes('UNREPLIED') ? 'U' : '', line.includes('ASSURED') ? 'A' : '', source === 'src=10.2.0.2' ? 'r' : '']
  return { isValid, state: [state, ...marks.filter((mark) => mark !== '')].join(' '), seconds: Number(seconds) }
}

function recorded(step: string): Seen {
  const [, , , , , , passed, state = '', seconds = '0', ...marks] = step.split(' ')
  return { isValid: passed === '1', state: [state, ...marks].join(' '), seconds: Number(seconds) }
}

for (const mode of ['strict', 'liberal'] as const) {
  traces(`random segments pass, change states and set timeouts as in the kernel, ${mode}`, () => {
    recording[mode].forEach((steps, index) => {
      const table = new ConntrackTable({ kernel: kernelVersion('6.18'), sysctls: { 'net.netfilter.nf_conntrack_tcp_be_liberal': mode === 'liberal' ? 1 : 0 } })
      steps.forEach((step, i) => {
        const where = `trace ${index}:\n${steps.slice(0, i + 1).join('\n')}`
        const expected = recorded(step)
        const seen = play(table, step, (i + 1) * STEP_NS)
        assert.is(seen.isValid, expected.isValid, where)
        assert.is(seen.state, expected.state, where)
        // The recorder could not read the table at once.
        assert.ok(Math.abs(seen.seconds - expected.seconds) <= 1, `${where}\nours: ${seen.seconds} s`)
      })
    })
  })
}

traces.run()
