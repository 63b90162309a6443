/**
 * hsiphash of one 32-bit word on a 64-bit kernel (lib/siphash.c, hsiphash_1u32): SipHash-1-3 of its four bytes under the
 * key (key, key), the low half of the result. 64-bit words are pairs of 32-bit halves.
 */
export function hsiphash(word: number, key: number): number {
  start(key)
  // One block: the length 4 in the top byte, then the word.
  absorb(word | 0, 4 << 24)
  v2l ^= 0xff
  round()
  round()
  round()
  return (v0l ^ v1l ^ v2l ^ v3l) >>> 0
}

let v0h = 0
let v0l = 0
let v1h = 0
let v1l = 0
let v2h = 0
let v2l = 0
let v3h = 0
let v3l = 0

// SipHash's constants, "somepseudorandomlygeneratedbytes".
function start(key: number): void {
  v0h = 0x736f6d65
  v0l = 0x70736575 ^ key
  v1h = 0x646f7261
  v1l = 0x6e646f6d ^ key
  v2h = 0x6c796765
  v2l = 0x6e657261 ^ key
  v3h = 0x74656462
  v3l = 0x79746573 ^ key
}

function absorb(low: number, high: number): void {
  v3h ^= high
  v3l ^= low
  round()
  v0h ^= high
  v0l ^= low
}

function round(): void {
  let sum: number
  let high: number

  sum = (v0l >>> 0) + (v1l >>> 0)
  v0h = (v0h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0
  v0l = sum | 0
  high = v1h
  v1h = (v1h << 13) | (v1l >>> 19)
  v1l = (v1l << 13) | (high >>> 19)
  v1h ^= v0h
  v1l ^= v0l
  high = v0h
  v0h = v0l
  v0l = high

  sum = (v2l >>> 0) + (v3l >>> 0)
  v2h = (v2h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0
  v2l = sum | 0
  high = v3h
  v3h = (v3h << 16) | (v3l >>> 16)
  v3l = (v3l << 16) | (high >>> 16)
  v3h ^= v2h
  v3l ^= v2l

  sum = (v0l >>> 0) + (v3l >>> 0)
  v0h = (v0h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0
  v0l = sum | 0
  high = v3h
  v3h = (v3h << 21) | (v3l >>> 11)
  v3l = (v3l << 21) | (high >>> 11)
  v3h ^= v0h
  v3l ^= v0l

  sum = (v2l >>> 0) + (v1l >>> 0)
  v2h = (v2h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0
  v2l = sum | 0
  high = v1h
  v1h = (v1h << 17) | (v1l >>> 15)
  v1l = (v1l << 17) | (high >>> 15)
  v1h ^= v2h
  v1l ^= v2l
  high = v2h
  v2h = v2l
  v2l = high
}
