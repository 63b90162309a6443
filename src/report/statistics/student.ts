/** Student's t at 97.5 %, for 1 to 30 degrees of freedom (any table of it). */
const T975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064,
  2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
]
/** The normal distribution at 97.5 %. */
const Z975 = 1.959964

/** Half of a two-sided 95 % interval, in standard errors. Beyond the table: the first terms of its expansion around the normal distribution. */
export function t975(degrees: number): number {
  const listed = T975[degrees - 1]
  if (listed !== undefined) return listed
  const first = (Z975 ** 3 + Z975) / 4
  const second = (5 * Z975 ** 5 + 16 * Z975 ** 3 + 3 * Z975) / 96
  return Z975 + first / degrees + second / degrees ** 2
}
