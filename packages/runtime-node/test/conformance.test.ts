import { conformance } from '@fewstep/runtime/conformance'
import { test } from 'vitest'
import { subject } from './support/subject.ts'

test.each(conformance(subject({ device: 'cpu', threads: 1 })))('$name', ({ run }) => run())
