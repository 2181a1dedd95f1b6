// Draws npm's emoji packages as 64x64 pictures on white.
//
//     npm i @iconify-json/noto @iconify-json/fluent-emoji-flat @iconify-json/twemoji @iconify-json/emojione sharp
//     node render.mjs                      # -> images.u8 (count x 64 x 64 x 3 bytes), items.json (set, name)
//     node render.mjs unseen emojione      # -> unseen.u8, unseen.json: a design that nothing is trained on
//
// No skin tones, no flags, no keycaps: they would be a third of the pictures and say little.
import { readFileSync, writeFileSync } from 'node:fs'
import sharp from 'sharp'

const [name = 'images', ...given] = process.argv.slice(2)
const sets = given.length > 0 ? given : ['noto', 'fluent-emoji-flat', 'twemoji']
const side = 64
const tone = '(light|dark|medium|medium-light|medium-dark)'
const toned = new RegExp(`(^|-)${tone}(-\\d+)?(-${tone})*$|-tone|^keycap|^input-|^regional|^tag-|-(light|dark|medium)-`)
const skipped = icon => /skin|^flag/.test(icon) || (toned.test(icon) && !/^(dark|light)/.test(icon))
const items = []
const pictures = []
for (const set of sets) {
  const { icons, width = 16, height = 16 } = JSON.parse(readFileSync(`node_modules/@iconify-json/${set}/icons.json`))
  for (const [icon, { body, left = 0, top = 0, width: w = width, height: h = height }] of Object.entries(icons)) {
    if (skipped(icon)) continue
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${side}" height="${side}" viewBox="${left} ${top} ${w} ${h}">${body}</svg>`
    const white = { background: '#fff' }
    pictures.push(
      await sharp(Buffer.from(svg)).flatten(white).resize(side, side, { fit: 'contain', ...white }).removeAlpha().raw().toBuffer(),
    )
    items.push({ set, name: icon })
  }
}
writeFileSync(`${name}.u8`, Buffer.concat(pictures))
writeFileSync(name === 'images' ? 'items.json' : `${name}.json`, JSON.stringify(items))
console.log(items.length, 'pictures of', new Set(items.map(item => item.name)).size, 'names')
