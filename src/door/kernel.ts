import { z } from 'zod'
import { createVirtualService as newVirtualService, type VirtualServiceHandle, type VirtualServiceOptions } from '../kernel/ipvs/create-virtual-service.ts'
import { parseSchedulerFlags } from '../kernel/ipvs/scheduler-flags.ts'
import { SCHEDULER_NAMES } from '../kernel/ipvs/schedulers/by-name.ts'
import { HOOK_CHAINS } from '../kernel/netfilter.ts'
import { parseIptablesSave as parse, type ParsedRuleset } from '../kernel/rules/iptables-save/parse.ts'
import type { Ruleset } from '../kernel/rules/program.ts'
import { parseProtocol } from '../kernel/rules/protocols.ts'
import { walk as walkRules, type HookName, type PlainPacket, type WalkOptions, type WalkResult } from '../kernel/rules/walk.ts'
import { isRecord } from '../scenario/text/documents.ts'
import { whole } from '../scenario/schema/shape.ts'
import { address, callable, check, options, port, takenBy, text, withoutNulls } from './arguments.ts'

const FLAGS = z.union([takenBy(parseSchedulerFlags), z.array(takenBy(parseSchedulerFlags))], 'must be text or a list of texts, such as sh-port,sh-fallback')
const SCHEDULER = z.enum(SCHEDULER_NAMES)
const PROTOCOL = z.preprocess((word) => (typeof word === 'string' ? word.toLowerCase() : word), z.enum(['tcp', 'udp', 'sctp']))
const WEIGHT = whole(0, 65_535)

const VIRTUAL_SERVICE = options({ scheduler: SCHEDULER, flags: FLAGS.optional(), protocol: PROTOCOL, vip: address, port })
const REAL_SERVER = options({ name: text, address, port, weight: WEIGHT })
const CHANGE = options({ weight: WEIGHT })
const SERVICE_CHANGE = options({ scheduler: SCHEDULER.optional(), flags: FLAGS.optional() })
const CLIENT = options({ source: address, sourcePort: port })

/** The kernel's IPVS scheduling alone. Throws an InputError for arguments that mean nothing, an IpvsError for what ipvsadm refuses. */
export function createVirtualService(given: VirtualServiceOptions): VirtualServiceHandle {
  const wanted = withoutNulls(given)
  check('createVirtualService', VIRTUAL_SERVICE, wanted)
  const service = newVirtualService(wanted)
  return {
    ...service,
    add(server) {
      check('add', REAL_SERVER, server)
      service.add(server)
    },
    edit(name, change) {
      check('edit', CHANGE, change)
      service.edit(name, change)
    },
    editService(given) {
      const change = withoutNulls(given)
      check('editService', SERVICE_CHANGE, change)
      service.editService(change)
    },
    connect(client) {
      check('connect', CLIENT, client)
      return service.connect(client)
    },
  }
}

/** Reads what iptables-save prints. Whatever is not understood is in `complaints`, with its line. Throws an InputError for what is no text. */
export function parseIptablesSave(saved: string): ParsedRuleset {
  check('parseIptablesSave', z.object({ text }), { text: saved })
  return parse(saved)
}

const BYTE = whole(0, 255)
const UINT32 = whole(0, 2 ** 32 - 1)

const PACKET = options({
  protocol: z.string().refine((name) => parseProtocol(name) !== undefined, 'must be a name or number of /etc/protocols, such as tcp'),
  source: address,
  destination: address,
  sourcePort: port.optional(),
  destinationPort: port.optional(),
  icmpType: BYTE.optional(),
  icmpCode: BYTE.optional(),
  inInterface: text.optional(),
  outInterface: text.optional(),
  mark: UINT32.optional(),
  connmark: UINT32.optional(),
  owner: options({ uid: UINT32, gid: UINT32 }).optional(),
  ctstate: z.enum(['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED']).optional(),
  localAddresses: z.array(address).optional(),
})

const WALK = z.object({
  ruleset: z.custom((value) => isRecord(value) && isRecord(value['tables']), 'must be what parseIptablesSave returns'),
  packet: PACKET,
  hook: z.enum(HOOK_CHAINS),
  options: options({ random: callable('a number from 0 up to 1').optional(), sets: callable('the ipset of that name').optional() }).optional(),
})

/** Walks one packet through the rules of one hook. Throws an InputError for arguments that mean nothing. */
export function walk(ruleset: Ruleset, given: PlainPacket, hook: HookName, options?: WalkOptions): WalkResult {
  const packet = withoutNulls(given)
  check('walk', WALK, { ruleset, packet, hook, options })
  return walkRules(ruleset, packet, hook, options)
}
