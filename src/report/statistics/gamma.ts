/** Stirling's series, after shifting the argument to where it is exact enough. */
export function logGamma(x: number): number {
  let shift = 0
  let z = x
  while (z < 8) {
    shift -= Math.log(z)
    z += 1
  }
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * z) - 1 / (360 * z ** 3) + 1 / (1260 * z ** 5)
}
