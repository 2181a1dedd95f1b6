import type { VNode } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { ModelSource } from '../engine/messages.ts'
import type { Report } from '../model/report.ts'
import { useApp } from '../parts/context.ts'
import { modelDefault, recommended } from '../state/place.ts'

type Look =
  | { readonly state: 'looking' }
  | { readonly state: 'failed'; readonly problem: string }
  | { readonly state: 'seen'; readonly report: Report; readonly source: ModelSource }

export function ModelView(): VNode {
  const app = useApp()
  const id = useId()
  const [url, setUrl] = useState('')
  const [look, setLook] = useState<Look>()
  const model = app.model.value
  return (
    <div class="model">
      <section class="card" aria-labelledby={`${id}-title`}>
        <h2 id={`${id}-title`}>A Stable Diffusion folder in ONNX</h2>
        <p>
          As <code>optimum-cli export onnx</code> writes it: <code>unet</code>, <code>text_encoder</code>,{' '}
          <code>vae_decoder</code>, <code>tokenizer</code> and <code>scheduler</code>, each a folder. The files that you
          choose stay on this device.
        </p>
        <label class="button primary">
          Choose a folder
          <input
            type="file"
            class="unseen"
            multiple
            // @ts-expect-error Preact's types lack it, browsers have it.
            webkitdirectory={true}
            onChange={event => {
              const files = [...(event.currentTarget.files ?? [])].map(file => ({
                path: file.webkitRelativePath,
                file,
              }))
              event.currentTarget.value = ''
              if (files.length > 0) void inspect({ kind: 'files', files })
            }}
          />
        </label>
        <form
          class="url"
          noValidate
          onSubmit={event => {
            event.preventDefault()
            const problem = problemOf(url)
            if (problem === undefined) void inspect({ kind: 'url', url: url.trim() })
            else setLook({ state: 'failed', problem })
          }}
        >
          <div class="field">
            <label for={`${id}-url`}>Or its address</label>
            <input
              id={`${id}-url`}
              type="url"
              value={url}
              placeholder="https://example.org/stable-diffusion-onnx/"
              aria-describedby={`${id}-hint`}
              onInput={event => setUrl(event.currentTarget.value)}
            />
            <small id={`${id}-hint`} class="hint">
              Only here does the page read from another site, which must allow it (CORS).
            </small>
          </div>
          <button type="submit">Look at it</button>
        </form>
      </section>
      <section class="card" aria-live="polite" aria-label="What was found">
        {look === undefined && (
          <>
            <h2>In use</h2>
            <p>{model.state === 'open' ? `${model.name}, on ${model.device}.` : 'No model is open yet.'}</p>
            {app.source.value.kind !== 'embedded' && (
              <button type="button" onClick={() => void app.open('embedded')}>
                Back to the built-in model
              </button>
            )}
          </>
        )}
        {look?.state === 'looking' && <p>Looking at the model…</p>}
        {look?.state === 'failed' && (
          <p class="callout problem" role="alert">
            {look.problem}
          </p>
        )}
        {look?.state === 'seen' && <ReportView report={look.report} onUse={() => void use(look.source)} />}
      </section>
    </div>
  )

  async function inspect(source: ModelSource): Promise<void> {
    setLook({ state: 'looking' })
    try {
      setLook({ state: 'seen', source, report: await app.inspect(source) })
    } catch (error) {
      setLook({ state: 'failed', problem: (error as Error).message })
    }
  }

  async function use(source: ModelSource): Promise<void> {
    setLook(undefined)
    await app.open(source)
    if (app.model.value.state !== 'open') return
    const place = app.place.value
    // What is recommended for the built-in model is not for others.
    const lane = place.lane === recommended ? modelDefault : place.lane
    app.place.value = { ...place, view: 'generate', lane }
    document.querySelector('main')?.focus()
  }
}

function problemOf(url: string): string | undefined {
  const parsed = URL.parse(url.trim())
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) return undefined
  return `Give the address of a folder, such as https://example.org/model/; “${url}” is not one.`
}

const marks = { good: 'Fine', note: 'Note', bad: 'Problem' } as const

function ReportView({ report, onUse }: { readonly report: Report; readonly onUse: () => void }): VNode {
  return (
    <>
      <h2>{report.kind}</h2>
      <p>
        <strong>{report.name}</strong>. {report.runs ? 'It should run here.' : 'It cannot run here, for these reasons:'}
      </p>
      <ul class="findings">
        {report.findings.map(({ weight, subject, words }) => (
          <li key={`${subject} ${words}`} class={weight}>
            <span class="mark">{marks[weight]}</span>
            <span>
              <strong>{subject}</strong> {words}
            </span>
          </li>
        ))}
      </ul>
      {report.runs && (
        <button type="button" class="primary" onClick={onUse}>
          Use this model
        </button>
      )}
    </>
  )
}
