import { readFileSync } from 'node:fs'
import { parseAddress, type Address } from '../../kernel/address.ts'
import { parseIpsetSave } from '../../kernel/ipset/save.ts'
import { parseIpvsadmSave } from '../../kernel/ipvs/save.ts'
import { HOOK_CHAINS } from '../../kernel/netfilter.ts'
import { findCircle } from '../../kernel/rules/iptables-save/circle.ts'
import { parseIptablesSave, type Complaint, type ParsedRuleset } from '../../kernel/rules/iptables-save/parse.ts'
import { CT_STATES, walkThrough, type CtStateName, type HookName, type SavedNode } from '../../kernel/walkthrough/walk-through.ts'
import { readPacket, UnreadablePacket, type WrittenPacket } from '../../kernel/walkthrough/written-packet.ts'
import { walkThroughText } from '../../report/walk-through-text.ts'
import { renderComplaint } from '../../scenario/complaint.ts'
import { reasonOf } from '../../scenario/text/read.ts'
import { InputError } from '../../simulation/input-error.ts'
import { OK } from '../exit.ts'
import { UsageError } from '../flags.ts'
import { complain, paint, print, printJson } from '../output.ts'

export interface TraceRulesFlags {
  rules: string
  ipvs?: string
  ipset?: string
  packet?: string
  in?: string
  out?: string
  local: string[]
  ctstate?: string
  mark?: string
  hook?: string
  seed?: string
  quiet?: boolean
  output?: string
}

/** Notes on standard error are bounded: the first few say what is going on. */
const NOTES = 10

/** `kubehop trace --rules`: one packet through rules that somebody saved on a node. */
export function traceRules(flags: TraceRulesFlags): number {
  if (flags.packet === undefined) throw new UsageError("say which packet: --packet 'tcp 10.244.1.12:40000 > 10.96.0.10:80'")
  const packet = packetOf(flags.packet)
  const node = savedNode(flags)
  const walk = walkThrough(node, {
    packet,
    in: flags.in,
    out: flags.out,
    ctState: choice('--ctstate', Object.keys(CT_STATES) as CtStateName[], flags.ctstate ?? 'NEW'),
    mark: markOf(flags.mark ?? '0'),
    hook: flags.hook === undefined ? undefined : choice<HookName>('--hook', HOOK_CHAINS, flags.hook),
    seed: flags.seed ?? '1',
  })
  if (flags.output === 'json') printJson(walk)
  else print(walkThroughText(`${walk.packet}${flags.in === undefined ? ', sent by a process of the node' : `, in by ${flags.in}`}`, walk, paint))
  return OK
}

function savedNode(flags: TraceRulesFlags): SavedNode {
  const rules = rulesOf(flags.rules, flags.quiet)
  const ipvs = flags.ipvs === undefined ? undefined : parseIpvsadmSave(read('--ipvs', flags.ipvs))
  const ipset = flags.ipset === undefined ? undefined : parseIpsetSave(read('--ipset', flags.ipset))
  tell(flags.ipvs ?? '', ipvs?.complaints ?? [], flags.quiet)
  tell(flags.ipset ?? '', ipset?.complaints ?? [], flags.quiet)
  const localAddresses = flags.local.flatMap((text) => text.split(',')).map(localAddress)
  if (localAddresses.length === 0 && flags.quiet !== true) {
    complain(`note: no --local ADDRESS says which addresses are the node's own; ${ipvs === undefined ? 'only 127.0.0.0/8 is taken for them' : '127.0.0.0/8 and those of IPVS services are taken for them'}`)
  }
  return { rules, services: ipvs?.servers, sets: ipset?.sets ?? new Map(), localAddresses }
}

function rulesOf(file: string, quiet: boolean | undefined): ParsedRuleset {
  const rules = parseIptablesSave(read('--rules', file))
  tell(file, rules.complaints, quiet)
  const tables = Object.values(rules.tables)
  if (tables.length === 0) throw new InputError(`${file}: no table of iptables is in it; is it what iptables-save prints?`)
  for (const table of tables) {
    const circle = findCircle(table)
    if (circle !== undefined) throw new InputError(`${file}: table ${table.name} jumps in a circle, which no kernel accepts: ${circle.join(' → ')}`)
  }
  return rules
}

/** A file, or standard input for `-`. */
function read(option: string, file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new InputError(`${option} ${file}: cannot be read: ${reasonOf(error)}`)
  }
}

/** What was not understood, as notes: the walk goes on. */
function tell(file: string, complaints: readonly Complaint[], quiet: boolean | undefined): void {
  if (quiet === true) return
  for (const { line, text, message } of complaints.slice(0, NOTES)) {
    complain(renderComplaint({ severity: 'note', file, line, column: 1, message, sourceLine: text, caret: 0 }))
  }
  if (complaints.length > NOTES) complain(`and ${complaints.length - NOTES} more notes on ${file}`)
}

function packetOf(text: string): WrittenPacket {
  try {
    return readPacket(text)
  } catch (error) {
    if (error instanceof UnreadablePacket) throw new UsageError(`--packet ${error.message}`)
    throw error
  }
}

function localAddress(text: string): Address {
  const address = parseAddress(text.trim())
  if (address === undefined) throw new UsageError(`--local ${text}: must be an IPv4 address`)
  return address
}

function markOf(text: string): number {
  if (!/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) || Number(text) > 0xffffffff) throw new UsageError(`--mark ${text}: must be a number, such as 0x4000`)
  return Number(text)
}

function choice<Name extends string>(option: string, names: readonly Name[], text: string): Name {
  const name = names.find((each) => each === text.toUpperCase())
  if (name === undefined) throw new UsageError(`${option} ${text}: must be one of ${names.join(', ')}`)
  return name
}
