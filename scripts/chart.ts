/** A line of a chart: its points, both coordinates above 0. */
export type Line = { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }

const colours = ['#1a6fb5', '#d1495b', '#edae49', '#3d9970']
const raised: Readonly<Record<string, string>> = Object.fromEntries(
  [...'-0123456789'].map((sign, i) => [sign, [...'⁻⁰¹²³⁴⁵⁶⁷⁸⁹'][i]!]),
)
const [width, height, left, right, top, bottom] = [520, 300, 62, 12, 12, 40]

/** An SVG with both axes logarithmic. */
export function chart(title: string, lines: readonly Line[], axes: { readonly x: string; readonly y: string }): string {
  const points = lines.flatMap(line => line.points)
  const [x0, x1] = range(points.map(([x]) => x))
  const [y0, y1] = range(points.map(([, y]) => y)).map(
    (y, i) => 10 ** (i === 0 ? Math.floor : Math.ceil)(Math.log10(y)),
  )
  const place = (value: number, low: number, high: number, from: number, to: number) =>
    Math.round(10 * (from + (Math.log(value / low) / Math.log(high / low)) * (to - from))) / 10
  const atX = (x: number) => place(x, x0, x1, left + 8, width - right - 8)
  const atY = (y: number) => place(y, y0!, y1!, height - bottom, top)
  const decades = Array.from({ length: Math.round(Math.log10(y1! / y0!)) + 1 }, (_, i) => Math.log10(y0!) + i)
  const steps = [...new Set(points.map(([x]) => x))].sort((a, b) => a - b)
  const text = (x: number, y: number, words: string, more = 'text-anchor="middle"') =>
    `<text x="${x}" y="${y}" ${more}>${words}</text>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#333">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...decades.map(power => {
      const y = atY(10 ** power)
      const label = `10${[...String(Math.round(power))].map(sign => raised[sign]).join('')}`
      return `<path d="M${left} ${y}H${width - right}" stroke="#ddd"/>${text(left - 6, y + 4, label, 'text-anchor="end"')}`
    }),
    ...steps.map(x => text(atX(x), height - bottom + 16, String(x))),
    text((left + width - right) / 2, height - 6, axes.x),
    text(
      14,
      (top + height - bottom) / 2,
      axes.y,
      `text-anchor="middle" transform="rotate(-90 14 ${(top + height - bottom) / 2})"`,
    ),
    ...lines.flatMap(({ name, points }, i) => {
      const colour = colours[i % colours.length]!
      const path = points.map(([x, y], k) => `${k === 0 ? 'M' : 'L'}${atX(x)} ${atY(y)}`).join('')
      const dots = points.map(([x, y]) => `<circle cx="${atX(x)}" cy="${atY(y)}" r="3" fill="${colour}"/>`)
      const row = height - bottom - 12 - 16 * (lines.length - 1 - i)
      return [
        `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...dots,
        `<path d="M${left + 10} ${row - 4}h20" stroke="${colour}" stroke-width="2"/>`,
        text(left + 36, row, name, 'text-anchor="start"'),
      ]
    }),
    '</svg>',
    '',
  ].join('\n')
}

function range(values: readonly number[]): readonly [number, number] {
  return [Math.min(...values), Math.max(...values)]
}
