import type { Picture } from '@fewstep/pipelines'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { toImageData } from '../picture/image-data.ts'

type Props = {
  readonly picture: Picture | undefined
  /** None where what is around it says what it is. */
  readonly label?: string
  /** A preview is smooth, since its pixels are not the picture's. */
  readonly preview?: boolean
}

/** A picture as large as its place, or the empty place. */
export function PictureView({ picture, label, preview = false }: Props): VNode {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (picture === undefined || context == null) return
    context.putImageData(toImageData(picture), 0, 0)
    if (preview) smooth(context)
  }, [picture, preview])
  const named = label === undefined ? { 'aria-hidden': true } : { role: 'img' as const, 'aria-label': label }
  return (
    <div class={`frame ${picture === undefined ? 'empty' : ''}`} {...named}>
      {picture !== undefined && <canvas ref={canvas} width={picture.width} height={picture.height} />}
    </div>
  )
}

/** Makes a canvas a quarter as sharp. A filter of the style sheet would do so too, again for every frame that is shown. */
function smooth(context: CanvasRenderingContext2D): void {
  const { canvas } = context
  const { width, height } = canvas
  context.drawImage(canvas, 0, 0, width / 4, height / 4)
  context.drawImage(canvas, 0, 0, width / 4, height / 4, 0, 0, width, height)
}
