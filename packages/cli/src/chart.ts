/** A line of a chart. Both coordinates of each point are above 0 where the axes are logarithmic. */
export type Line = { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }

const colours = ['#1a6fb5', '#d1495b', '#edae49', '#3d9970', '#7b5ea7', '#777777']
/** Dash patterns, one for each line in turn, so that lines that coincide stay visible. */
const dashes = ['', ' stroke-dasharray="9 5"', ' stroke-dasharray="3 5"']
const raised: Readonly<Record<string, string>> = Object.fromEntries(
  [...'-0123456789'].map((sign, i) => [sign, [...'⁻⁰¹²³⁴⁵⁶⁷⁸⁹'][i]!]),
)
const [width, height, left, right, top, bottom] = [520, 300, 62, 12, 12, 40]

/** A line chart as SVG. Both axes are logarithmic, or linear from 0 with about ten marks each. */
export function chart(
  title: string,
  lines: readonly Line[],
  axes: { readonly x: string; readonly y: string; readonly scale?: 'log' | 'linear' },
): string {
  const points = lines.flatMap(line => line.points)
  const make = axes.scale === 'linear' ? linear : logarithmic
  const x = make(
    points.map(([x]) => x),
    [left + 8, width - right - 8],
  )
  const y = make(
    points.map(([, y]) => y),
    [height - bottom, top],
  )
  const [atX, atY] = [x.place, y.place]
  const marksX = axes.scale === 'linear' ? x.marks : [...new Set(points.map(([x]) => x))].sort((a, b) => a - b)
  const text = (x: number, y: number, words: string, more = 'text-anchor="middle"') =>
    `<text x="${x}" y="${y}" ${more}>${words}</text>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#333">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...y.marks.map(mark => {
      const y = atY(mark)
      const label = axes.scale === 'linear' ? String(mark) : power(mark)
      return `<path d="M${left} ${y}H${width - right}" stroke="#ddd"/>${text(left - 6, y + 4, label, 'text-anchor="end"')}`
    }),
    ...marksX.map(x => text(atX(x), height - bottom + 16, String(x))),
    text((left + width - right) / 2, height - 6, axes.x),
    text(
      14,
      (top + height - bottom) / 2,
      axes.y,
      `text-anchor="middle" transform="rotate(-90 14 ${(top + height - bottom) / 2})"`,
    ),
    ...lines.flatMap(({ name, points }, i) => {
      const colour = colours[i % colours.length]!
      const pen = `stroke="${colour}" stroke-width="2"${dashes[i % dashes.length]}`
      const path = points.map(([x, y], k) => `${k === 0 ? 'M' : 'L'}${atX(x)} ${atY(y)}`).join('')
      const dots = points.map(([x, y]) => `<circle cx="${atX(x)}" cy="${atY(y)}" r="3" fill="${colour}"/>`)
      // Logarithmic charts fall to the right, and linear ones are low on the right: the legend goes into the empty corner.
      const row = axes.scale === 'linear' ? top + 16 + 16 * i : height - bottom - 12 - 16 * (lines.length - 1 - i)
      const column = axes.scale === 'linear' ? width - right - 180 : left + 10
      return [
        `<path d="${path}" fill="none" ${pen}/>`,
        ...dots,
        `<path d="M${column} ${row - 4}h20" ${pen}/>`,
        text(column + 26, row, name, 'text-anchor="start"'),
      ]
    }),
    '</svg>',
    '',
  ].join('\n')
}

type Axis = { readonly place: (value: number) => number; readonly marks: readonly number[] }

/** From the smallest value to the largest, with a mark at every decade. */
function logarithmic(values: readonly number[], [from, to]: readonly [number, number]): Axis {
  const upwards = from > to
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const [low, high] = upwards ? [10 ** Math.floor(Math.log10(least)), 10 ** Math.ceil(Math.log10(most))] : [least, most]
  const first = Math.floor(Math.log10(low))
  return {
    place: value => round(from + (Math.log(value / low) / Math.log(high / low)) * (to - from)),
    marks: Array.from({ length: Math.round(Math.log10(high / low)) + 1 }, (_, i) => 10 ** (first + i)),
  }
}

/** From 0, with marks at multiples of 1, 2 or 5 times a power of ten, about ten of them. */
function linear(values: readonly number[], [from, to]: readonly [number, number]): Axis {
  const most = Math.max(...values)
  const rough = 10 ** Math.floor(Math.log10(most / 10))
  const unit = rough * ([1, 2, 5].find(times => most / (rough * times) <= 10) ?? 10)
  const high = Math.ceil(most / unit) * unit
  const count = Math.round(high / unit) + 1
  return {
    place: value => round(from + (value / high) * (to - from)),
    marks: Array.from({ length: count }, (_, i) => Number((i * unit).toPrecision(6))),
  }
}

function round(value: number): number {
  return Math.round(10 * value) / 10
}

function power(value: number): string {
  return `10${[...String(Math.round(Math.log10(value)))].map(sign => raised[sign]).join('')}`
}
