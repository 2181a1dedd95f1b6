import { leading, type NoiseLevel, scaledLinear } from '@fewstep/schedules'
import { dpmpp2m, euler, fpndm, heun, pndm, run, type Solver, type View } from '@fewstep/solvers'
import { expect, test } from 'vitest'
import { solve } from './support/contract.ts'
import { line, posteriorMean } from './support/mixture.ts'
import { vectors } from './support/vectors.ts'

const process = scaledLinear()
const levels = leading({ offset: 1 }).levels(10, process)

test('the number of evaluations is that of the papers', async () => {
  const calls = async (solver: Solver) => (await solve(solver, levels, { process })).calls
  expect(await calls(heun())).toBe(19)
  expect(await calls(pndm())).toBe(11)
  expect(await calls(fpndm())).toBe(19)
})

test.each(['break', 'throw', 'abort'] as const)('nothing stays alive after a %s', async way => {
  const ops = vectors()
  const control = new AbortController()
  let calls = 0
  const attempt = async (): Promise<void> => {
    const denoise = (at: Float64Array, level: NoiseLevel) => {
      if (++calls === 4 && way === 'throw') throw new Error('network down')
      return { denoised: ops.make(posteriorMean(line, at, level)) }
    }
    for await (const event of run(dpmpp2m().plan(levels), Float64Array.of(3), {
      ops,
      denoise,
      signal: control.signal,
    })) {
      await event.denoised()
      if (event.step === 3 && way === 'break') return
      if (event.step === 3 && way === 'abort') control.abort()
    }
  }
  if (way === 'break') await attempt()
  else await expect(attempt()).rejects.toThrow(way === 'throw' ? 'network down' : /abort/)
  expect(ops.alive.size).toBe(0)
})

test('an answer in noise alone gives the same as one in data, and the estimate of x0 on request', async () => {
  const [reports, asked] = [new Map<string, number[]>(), new Set<View>()]
  for (const kind of ['data', 'noise']) {
    const ops = vectors()
    const denoise = (at: Float64Array, level: NoiseLevel, { views }: { views: ReadonlySet<View> }) => {
      for (const view of views) asked.add(view)
      const denoised = posteriorMean(line, at, level)
      if (kind === 'data') return { denoised: ops.make(denoised) }
      return { noise: ops.make(at.map((x, i) => (x - level.alpha * denoised[i]!) / level.sigma)) }
    }
    const seen: number[] = []
    const events = run(pndm().plan(levels), Float64Array.of(3), { ops, denoise })
    for await (const event of events) seen.push(event.x[0]!, (await event.denoised())[0]!)
    reports.set(kind, seen)
    expect(ops.alive.size).toBe(1)
  }
  expect([...asked]).toEqual(['noise'])
  for (const [i, value] of reports.get('data')!.entries()) expect(reports.get('noise')![i]).toBeCloseTo(value, 9)
})

test('the estimate of a step is lent until the next one', async () => {
  const ops = vectors()
  const denoise = (at: Float64Array, level: NoiseLevel) => ({ denoised: ops.make(posteriorMean(line, at, level)) })
  const events = run(euler().plan(levels), Float64Array.of(3), { ops, denoise })
  const first = await events.next()
  await events.next()
  expect(() => (first.value as { denoised(): unknown }).denoised()).toThrow(/in time/)
})

test('plans that cannot be run are refused before the first evaluation', async () => {
  const [step] = euler().plan(levels).steps
  const attempt = (change: object) => {
    const plan = { steps: [{ ...step!, ...change }] }
    const denoise = () => {
      throw new Error('called')
    }
    return run(plan, Float64Array.of(1), { ops: vectors(), denoise }).next()
  }
  const evaluation = { kind: 'evaluation', index: 1, view: 'data' } as const
  await expect(attempt({ output: [{ slot: evaluation, weight: 1 }] })).rejects.toThrow(/before it is made/)
  await expect(attempt({ output: [{ slot: { kind: 'state' }, weight: Number.NaN }] })).rejects.toThrow(/finite/)
  await expect(attempt({ output: [] })).rejects.toThrow(/empty sum/)
  await expect(attempt({ evaluations: [] })).rejects.toThrow(/no evaluation/)
  await expect(attempt({ evaluations: [{ level: { alpha: 1, sigma: 0 }, input: [] }] })).rejects.toThrow(/sigma 0/)
  await expect(attempt({ draws: [{ from: step!.from, to: step!.to }] })).rejects.toThrow(/the plan draws noise/)
  await expect(run({ steps: [] }, 1, { ops: { combine: () => 1 }, denoise: () => ({}) }).next()).rejects.toThrow(
    /no steps/,
  )
})
