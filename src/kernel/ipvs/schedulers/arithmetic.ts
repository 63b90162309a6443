/** Greatest common divisor of two whole numbers; gcd(0, n) is n. */
export function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}

/** hash_32 (include/linux/hash.h): the `bits` high bits of the product with the golden ratio. */
export function hash32(value: number, bits: number): number {
  return Math.imul(value, 0x61c88647) >>> (32 - bits)
}
