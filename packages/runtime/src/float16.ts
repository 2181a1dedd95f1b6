/** The number that 16 bits of IEEE 754 binary16 stand for. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** The 16 bits of the float16 number nearest to `value`, ties to even. From 65520 on it is infinity. */
export function toFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  // Half-way between the largest number, 65504, and the number that would follow it.
  if (size >= 65520) return sign | 0x7c00
  let exponent = -14
  while (size >= 2 ** (exponent + 1)) exponent += 1
  // In units of the last place. Below 1024 for subnormal numbers, whose exponent is that of the smallest normal ones.
  const units = size * 2 ** (10 - exponent)
  let rounded = Math.round(units)
  if (rounded - units === 0.5 && rounded % 2 === 1) rounded -= 1
  return sign | (rounded + (exponent + 14) * 1024)
}
