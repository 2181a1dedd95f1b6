/** The weights of Adams and Bashforth on a uniform grid, for one to four slopes, newest first. */
export function adamsBashforth(slopes: number): readonly number[] {
  return table[slopes - 1]!
}

const table: readonly (readonly number[])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
]
