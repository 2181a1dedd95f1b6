import { readFileSync } from 'node:fs'
import { model } from '@fewstep/model-emoji'
import { type ElementType, type ModelProto, node, port, readModel, tensor, writeModel } from '@fewstep/onnx-graph'
import type { Folder } from '@fewstep/runtime'
import { directory } from '@fewstep/runtime-node'

type Change = ((model: ModelProto) => void) | Readonly<Record<string, unknown>> | null

/** The embedded model with some files changed: graphs by a function, JSON by keys, and files that are not there (null). */
export function variant(changes: Readonly<Record<string, Change>>): Folder {
  const whole = directory(model)
  const bytes = (path: string) => readFileSync(new URL(path, model))
  return {
    name: 'variant',
    has: path => (changes[path] === null ? false : path in changes || whole.has(path)),
    read: async path => {
      const change = changes[path]
      if (change === undefined || change === null || typeof change === 'function') return whole.read(path)
      const own = whole.has(path) ? (JSON.parse(bytes(path).toString()) as object) : {}
      return new TextEncoder().encode(JSON.stringify({ ...own, ...change }))
    },
    model: path => {
      const change = changes[path]
      if (typeof change !== 'function') return whole.model(path)
      const changed = readModel(bytes(path))
      change(changed)
      return { bytes: writeModel(changed) }
    },
  }
}

type Shape = readonly (number | string)[]

/** Gives a graph's input another type or shape; one number is taken where the graph wants a scalar. */
export function input(name: string, type: ElementType, shape: Shape, own: ElementType, scalar = false) {
  return ({ graph }: ModelProto): void => {
    const inner = `${name} as the graph has it`
    for (const each of graph!.node) each.input = each.input.map(used => (used === name ? inner : used))
    graph!.input = graph!.input.map(each => (each.name === name ? port(name, type, shape) : each))
    const first = scalar ? [node('Gather', [name, 'first of all'], ['one of them'], { axis: { int: 0 } })] : []
    if (scalar) graph!.initializer.push(tensor('first of all', 'int64', [], [0n]))
    graph!.node.unshift(...first, node('Cast', [scalar ? 'one of them' : name], [inner], { to: { int: onnx[own]! } }))
  }
}

/** The U-Net as `training/export_onnx.py --timestep float32` makes it: timesteps stay what they are. */
export function floatTimestep({ graph }: ModelProto): void {
  const [list] = graph!.node.filter(each => each.input.includes('timestep')).flatMap(each => each.output)
  graph!.input = graph!.input.map(each => (each.name === 'timestep' ? port('timestep', 'float32', []) : each))
  graph!.node = graph!.node.map(each =>
    each.opType === 'Cast' && each.input[0] === list
      ? node('Cast', each.input, each.output, { to: { int: onnx.float32! } })
      : each,
  )
}

/** Gives a graph's output another type and name. */
export function output(name: string, type: ElementType, shape: Shape, renamed = name) {
  return ({ graph }: ModelProto): void => {
    const inner = `${name} as the graph has it`
    for (const each of graph!.node) {
      each.output = each.output.map(made => (made === name ? inner : made))
      each.input = each.input.map(used => (used === name ? inner : used))
    }
    graph!.output = graph!.output.map(each => (each.name === name ? port(renamed, type, shape) : each))
    graph!.node.push(node('Cast', [inner], [renamed], { to: { int: onnx[type]! } }))
  }
}

export function all(...changes: readonly ((model: ModelProto) => void)[]) {
  return (model: ModelProto): void => {
    for (const change of changes) change(model)
  }
}

/** ONNX's numbers of the types. */
const onnx: Partial<Record<ElementType, number>> = { float32: 1, int32: 6, int64: 7, float16: 10, float64: 11 }
