import type { Packet } from '../../packet.ts'
import { hex, type Options } from '../iptables-save/options.ts'
import { readSetMark } from './mark.ts'
import type { TargetModule, TargetOf } from './target-module.ts'

/** `-j CONNMARK` (net/netfilter/xt_connmark.c). */
export const CONNMARK: TargetModule<'CONNMARK'> = {
  kind: 'CONNMARK',
  modules: ['CONNMARK'],
  options: {
    '--set-xmark': 1, '--set-mark': 1, '--and-mark': 1, '--or-mark': 1, '--xor-mark': 1,
    '--save-mark': 0, '--restore-mark': 0, '--mask': 1, '--nfmask': 1, '--ctmask': 1,
  },
  read(options) {
    if (options.has('--save-mark')) return { kind: 'CONNMARK', action: 'save', ...readMasks(options) }
    if (options.has('--restore-mark')) return { kind: 'CONNMARK', action: 'restore', ...readMasks(options) }
    return { kind: 'CONNMARK', action: 'set', ...readSetMark(options) }
  },
  print(target) {
    if (target.action === 'set') return `CONNMARK --set-xmark ${hex(target.value)}/${hex(target.mask)}`
    return `CONNMARK --${target.action}-mark --nfmask ${hex(target.packetMask)} --ctmask ${hex(target.connectionMask)}`
  },
}

/** connmark_tg(): what the connection's mark becomes; `restore` changes the packet's instead. */
export function moveMark(target: TargetOf<'CONNMARK'>, packet: Packet, mark: number): number {
  if (target.action === 'set') return (mark & ~target.mask) ^ target.value
  if (target.action === 'save') return (mark & ~target.connectionMask) ^ (packet.mark & target.packetMask)
  packet.mark = (packet.mark & ~target.packetMask) ^ (mark & target.connectionMask)
  return mark
}

function readMasks(options: Options): { packetMask: number; connectionMask: number } {
  const read = (option: string): number => (options.has(option) ? options.number(option) : options.has('--mask') ? options.number('--mask') : 0xffffffff)
  return { packetMask: read('--nfmask'), connectionMask: read('--ctmask') }
}
