import { int } from '../attributes.ts'
import { type ElementType, elementType } from '../element-type.ts'
import { add, broadcast, multiply } from './dims.ts'
import { count, type Dim, type Known, type Rule, smallValue } from './known.ts'

type Operation = (a: Dim, b: Dim) => Dim

/** Rules of the operators that work element by element, with broadcasting. */
export const elementwise: Readonly<Record<string, Rule>> = {
  ...rules(
    // biome-ignore format: a list of names
    ['Abs', 'Acos', 'Asin', 'Atan', 'Celu', 'Clip', 'Cos', 'CumSum', 'Dropout', 'Elu', 'Erf', 'Exp', 'Gelu', 'HardSigmoid',
      'HardSwish', 'Identity', 'LeakyRelu', 'Log', 'LogSoftmax', 'Mish', 'Not', 'Relu', 'Selu', 'Sigmoid', 'Sign', 'Sin',
      'Softmax', 'Softplus', 'Softsign', 'Swish', 'Tan', 'Tanh', 'ThresholdedRelu', 'Trilu', 'Round', 'Hardmax',
      'InstanceNormalization', 'GroupNormalization', 'LayerNormalization', 'BatchNormalization', 'RMSNormalization',
      'LpNormalization', 'MeanVarianceNormalization', 'RotaryEmbedding'],
    ({ inputs: [x = {}] }) => [{ type: x.type, shape: x.shape }],
  ),
  Identity: ({ inputs: [x = {}] }) => [x],
  ...rules(['IsNaN', 'IsInf'], ({ inputs: [x = {}] }) => [{ type: 'bool', shape: x.shape }]),
  Neg: mapped((type, x) => rounded(type, -x)),
  Ceil: mapped((_, x) => Math.ceil(x)),
  Floor: mapped((_, x) => Math.floor(x)),
  Sqrt: mapped((type, x) => rounded(type, Math.sqrt(x))),
  Reciprocal: mapped((type, x) => rounded(type, 1 / x)),
  Cast: ({ node, inputs: [x = {}] }) => [cast(x, elementType(int(node, 'to') ?? 0))],
  CastLike: ({ inputs: [x = {}, like = {}] }) => [cast(x, like.type)],
  Add: binary(add),
  Mul: binary(multiply),
  Sub: binary((a, b) => (typeof b === 'number' ? add(a, -b) : undefined)),
  Div: ({ inputs: [a = {}, b = {}] }) => [
    combined(
      a,
      b,
      onNumbers((x, y) => (isFloat(a.type) ? x / y : Math.trunc(x / y))),
    ),
  ],
  Pow: ({ inputs: [a = {}, b = {}] }) => [
    combined(
      a,
      { ...b, type: a.type },
      onNumbers((x, y) => x ** y),
    ),
  ],
  Mod: binary(() => undefined),
  Max: variadic(onNumbers(Math.max)),
  Min: variadic(onNumbers(Math.min)),
  Sum: variadic(add),
  Mean: variadic(() => undefined),
  PRelu: ({ inputs: [x = {}] }) => [{ type: x.type, shape: x.shape }],
  Equal: comparison((a, b) => (a === b ? true : typeof a === 'number' && typeof b === 'number' ? false : undefined)),
  Less: comparison(onBoth((a, b) => a < b)),
  LessOrEqual: comparison(onBoth((a, b) => a <= b)),
  Greater: comparison(onBoth((a, b) => a > b)),
  GreaterOrEqual: comparison(onBoth((a, b) => a >= b)),
  And: comparison(onBoth((a, b) => a !== 0 && b !== 0)),
  Or: comparison(onBoth((a, b) => a !== 0 || b !== 0)),
  Xor: comparison(onBoth((a, b) => (a !== 0) !== (b !== 0))),
  Where: ({ inputs: [condition = {}, a = {}, b = {}] }) => {
    const shape = broadcast([condition.shape, a.shape, b.shape])
    const chosen = zipped(shape, [condition, a, b], ([test, yes, no]) =>
      test === undefined ? undefined : test === 0 ? no : yes,
    )
    return [{ type: a.type ?? b.type, shape, value: chosen }]
  },
}

function rules(names: readonly string[], rule: Rule): Readonly<Record<string, Rule>> {
  return Object.fromEntries(names.map(name => [name, rule]))
}

function mapped(operation: (type: ElementType | undefined, x: number) => Dim): Rule {
  return ({ inputs: [x = {}] }) => [
    { ...x, value: x.value?.map(element => (typeof element === 'number' ? operation(x.type, element) : undefined)) },
  ]
}

function binary(operation: Operation): Rule {
  return ({ inputs: [a = {}, b = {}] }) => [combined(a, b, operation)]
}

function variadic(operation: Operation): Rule {
  return ({ inputs }) => [inputs.reduce((a, b) => combined(a, b, operation))]
}

function comparison(test: (a: Dim, b: Dim) => boolean | undefined): Rule {
  return ({ inputs: [a = {}, b = {}] }) => {
    const number: Operation = (x, y) => {
      const result = x === undefined || y === undefined ? undefined : test(x, y)
      return result === undefined ? undefined : Number(result)
    }
    return [{ ...combined(a, b, number), type: 'bool' }]
  }
}

function combined(a: Known, b: Known, operation: Operation): Known {
  const type = a.type ?? b.type
  const shape = broadcast([a.shape, b.shape])
  const value = zipped(shape, [a, b], ([x, y]) => {
    const result = operation(x, y)
    return typeof result === 'number' ? rounded(type, result) : result
  })
  return { type, shape, value }
}

function onNumbers(operation: (a: number, b: number) => number): Operation {
  return (a, b) => (typeof a === 'number' && typeof b === 'number' ? operation(a, b) : undefined)
}

function onBoth(test: (a: number, b: number) => boolean): (a: Dim, b: Dim) => boolean | undefined {
  return (a, b) => (typeof a === 'number' && typeof b === 'number' ? test(a, b) : undefined)
}

/** The elements that an operation on broadcast values computes, if all operands are known and small. */
function zipped(
  shape: readonly Dim[] | undefined,
  operands: readonly Known[],
  operation: (elements: readonly Dim[]) => Dim,
): readonly Dim[] | undefined {
  const size = count(shape)
  if (size === undefined || size > smallValue || operands.some(({ value }) => value === undefined)) return undefined
  return Array.from({ length: size }, (_, at) => operation(operands.map(operand => element(operand, shape!, at))))
}

function element({ shape, value }: Known, result: readonly Dim[], at: number): Dim {
  let rest = at
  let stride = 1
  let place = 0
  for (let axis = 1; axis <= result.length; axis++) {
    const size = result.at(-axis) as number
    const operandSize = shape!.at(-axis)
    if (axis <= shape!.length) {
      if (operandSize !== 1) place += (rest % size) * stride
      stride *= operandSize as number
    }
    rest = Math.floor(rest / size)
  }
  return value![place]
}

function isFloat(type: ElementType | undefined): boolean {
  return type === undefined || type.includes('float')
}

/** A number rounded to its type; unknown for types whose rounding JavaScript does not have. */
function rounded(type: ElementType | undefined, x: number): Dim {
  if (type === 'float32') return Math.fround(x)
  if (type === 'float64') return x
  return Number.isInteger(x) && !isFloat(type) ? x : undefined
}

function cast(x: Known, type: ElementType | undefined): Known {
  const value = x.value?.map(element =>
    typeof element !== 'number' || type === undefined
      ? type !== undefined && !isFloat(type)
        ? element
        : undefined
      : type === 'bool'
        ? Number(element !== 0)
        : isFloat(type)
          ? rounded(type, element)
          : Math.trunc(element),
  )
  return { type, shape: x.shape, value }
}
