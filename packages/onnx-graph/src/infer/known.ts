import type { ElementType } from '../element-type.ts'
import type { GraphProto, NodeProto } from '../generated/onnx-ml_pb.ts'

/**
 * A size: a number, an expression with symbols of the model's inputs such as `height` or `ceil(height/2)`, or `undefined` if it is
 * unknown.
 */
export type Dim = number | string | undefined

/** Type, shape and elements of a value, as far as they are known without running the model. */
export type Known = {
  readonly type?: ElementType | undefined
  readonly shape?: readonly Dim[] | undefined
  /** The elements in row-major order, for small tensors that depend only on shapes and constants. */
  readonly value?: readonly Dim[] | undefined
}

/** A node with what is known about its inputs. An input that is left out is `{}`. */
type Call = {
  readonly node: NodeProto
  readonly inputs: readonly Known[]
  /** Infers the outputs of a body, which sees the values around it. */
  body(graph: GraphProto): readonly Known[]
}

/** Infers the outputs of an operator from its inputs. Outputs left out at the end are unknown. */
export type Rule = (call: Call) => readonly Known[]

/** The largest number of elements that inference keeps: enough for shapes, scales and paddings. */
export const smallValue = 256

/** The number of elements of a shape, if it is known. */
export function count(shape: readonly Dim[] | undefined): number | undefined {
  return shape?.reduce<number | undefined>(
    (product, dim) => (product === undefined || typeof dim !== 'number' ? undefined : product * dim),
    1,
  )
}

/** `axis` counted from the front. */
export function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis
}

/** The value of a tensor with a single element. */
export function scalar(known: Known | undefined): Dim {
  return known?.value?.length === 1 ? known.value[0] : undefined
}

/** All elements as numbers, if every element is known. */
export function numbers(known: Known | undefined): readonly number[] | undefined {
  return known?.value?.every(element => typeof element === 'number') ? (known.value as readonly number[]) : undefined
}
