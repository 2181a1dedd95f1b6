import { readFileSync } from 'node:fs'
import { model as emoji } from '@fewstep/model-emoji'
import { inspect, readModel, unetCosts } from '@fewstep/onnx-graph'
import { expect, test } from 'vitest'
import { fixture, fixtures } from './support/fixtures.ts'

const unet = readModel(new Uint8Array(readFileSync(new URL('unet/model.onnx', emoji))))
const sizes = { sample: [1, 4, 16, 16], timestep: [], encoder_hidden_states: [1, 32, 192] }

test('the error for missing sizes asks for them', () => {
  expect(() => unetCosts(unet, {})).toThrow(/give the shape of every input/)
})

test('shallow parts of the embedded U-Net grow with the branch', () => {
  const { shallow, cross, self, total } = unetCosts(unet, sizes)
  const shares = shallow.map(({ share }) => share)
  expect(shares).toEqual([...shares].sort((a, b) => a - b))
  expect(shares[0]).toBeLessThan(0.2)
  expect(shares.at(-1)).toBeLessThan(1)
  for (const share of [cross, self]) expect(share).toBeGreaterThan(0.005)
  expect(cross + self).toBeLessThan(0.5)
  expect(total).toBe(inspect(unet, sizes).multiplyAdds)
})

test.each(fixtures.filter(({ name }) => /^sd15-(dynamo|fused-attention)$/.test(name)))(
  '$name costs what the same network from another exporter does',
  ({ name }) => {
    const model = fixture(name)
    const width = inspect(model).inputs.find(port => port.name === 'encoder_hidden_states')!.shape![2]!
    const given = { sample: [1, 4, 16, 16], timestep: [], encoder_hidden_states: [1, 7, Number(width)] }
    const first = fixture('sd15-torchscript')
    const [ours, theirs] = [unetCosts(model, given, [1]), unetCosts(first, given, [1])]
    expect(ours.total / theirs.total).toBeCloseTo(1, 3)
    expect(ours.cross).toBeCloseTo(theirs.cross, 2)
    expect(ours.shallow[0]!.share).toBeCloseTo(theirs.shallow[0]!.share, 3)
  },
)
