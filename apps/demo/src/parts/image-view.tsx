import type { Pixels } from '@fewstep/pipelines'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { toImageData } from '../image/image-data.ts'

type Props = {
  readonly picture: Pixels | undefined
  /** Absent where the surrounding text already describes the image. */
  readonly label?: string
}

/**
 * An image as large as its place, or the empty place. The browser enlarges small images and previews smoothly. (A blur by the
 * style sheet took longer than the model, drawn at every frame.)
 */
export function ImageView({ picture, label }: Props): VNode {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (picture !== undefined) context?.putImageData(toImageData(picture), 0, 0)
  }, [picture])
  const named = label === undefined ? { 'aria-hidden': true } : { role: 'img' as const, 'aria-label': label }
  return (
    <div class={`frame ${picture === undefined ? 'empty' : ''}`} {...named}>
      {picture !== undefined && <canvas ref={canvas} width={picture.width} height={picture.height} />}
    </div>
  )
}
