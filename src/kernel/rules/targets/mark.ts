import { hex, readMasked, type Options } from '../iptables-save/options.ts'
import type { TargetModule } from './target-module.ts'

/** `-j MARK` (net/netfilter/xt_mark.c): whatever was written, the kernel keeps value and mask of `--set-xmark`. */
export const MARK: TargetModule<'MARK'> = {
  kind: 'MARK',
  modules: ['MARK'],
  options: { '--set-xmark': 1, '--set-mark': 1, '--and-mark': 1, '--or-mark': 1, '--xor-mark': 1 },
  read: (options) => ({ kind: 'MARK', ...readSetMark(options) }),
  print: ({ value, mask }) => `MARK --set-xmark ${hex(value)}/${hex(mask)}`,
}

/** Value and mask of `--set-xmark`, from any of the ways to say it. */
export function readSetMark(options: Options): { value: number; mask: number } {
  const option = options.oneOf('--set-xmark', '--set-mark', '--and-mark', '--or-mark', '--xor-mark')
  const { value, mask } = readMasked(options.text(option), option)
  return NORMAL_FORM[option](value, mask)
}

const NORMAL_FORM = {
  '--set-xmark': (value: number, mask: number) => ({ value, mask }),
  '--set-mark': (value: number, mask: number) => ({ value, mask: (mask | value) >>> 0 }),
  '--and-mark': (value: number) => ({ value: 0, mask: ~value >>> 0 }),
  '--or-mark': (value: number) => ({ value, mask: value }),
  '--xor-mark': (value: number) => ({ value, mask: 0 }),
}
