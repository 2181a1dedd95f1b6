import { Command } from 'commander'
import { type Flags, generate } from './generate.ts'
import { collect } from './parse.ts'
import { devices } from './request.ts'

/** `fewstep generate "a red apple"`. */
export function generateCommand(): Command {
  return new Command('generate')
    .description('Generate an image from a prompt.')
    .argument('[prompt...]', 'what the image shows, in quotes (not needed with --from)')
    .usage('"a prompt" [options]')
    .optionsGroup('Prompt and input image:')
    .option('--negative <text>', 'negative prompt: what to keep out of the image; needs guidance above 1')
    .option('--image <file.png>', 'PNG to start from; it has the size of the result')
    .option('--strength <s>', 'how much to change that image, above 0 and at most 1 (default: 0.8)')
    .option('--width <n>', "in pixels (default: the model's)")
    .option('--height <n>', "in pixels (default: the model's)")
    .option('--seed <n>', 'the same seed gives the same image; from -2^63 to 2^64-1, as in torch (default: random)')
    .option('--count <n>', 'number of images; each one has the next seed (default: 1)')
    .option('--from <file.png>', 'repeat an image with the settings stored in it; other options override them')
    .optionsGroup('Sampling:')
    .option('--model <dir>', 'a Stable Diffusion folder in ONNX (default: the embedded emoji model)')
    .option('--steps <n>', 'number of sampling steps (default: 25)')
    .option(
      '--guidance <s>',
      'how closely to follow the prompt; 1 or less turns guidance off, which is twice as fast (default: 7.5)',
    )
    .option('--solver <name>', 'the solver; "fewstep solvers" lists them (default: the model\'s)')
    .option('--schedule <name>', 'the noise levels; "fewstep schedules" lists them (default: the model\'s)')
    .option(
      '--noise <name>',
      'noise of stochastic solvers: sequential, or brownian, one path for any number of steps (default: sequential)',
    )
    .option(
      '--cache <name>',
      'reuse work between model evaluations; can be repeated; "fewstep caches" lists them',
      collect,
    )
    .option('--freeu <b1,b2,s1,s2>', 'reweight features (FreeU): short for --cache freeu:b1=…,b2=…,s1=…,s2=…')
    .option('--device <name>', `where the model runs: ${devices.join(', ')} (default: cpu)`)
    .option('--threads <n>', 'processor threads (default: all)')
    .optionsGroup('Output:')
    .option('--out <file.png>', 'file to write (default: a new name from prompt and seed)')
    .option('--preview <file.png>', 'write a small preview to this file after every step')
    .option('--dry-run', 'generate nothing; print what each model evaluation would compute')
    .option('--json', 'print one JSON object on standard output')
    .optionsGroup('Other:')
    .helpOption('-h, --help', 'show this')
    .addHelpText(
      'after',
      `
Solvers, schedules and caches take options: --solver ddim:eta=0.5, --schedule karras:rho=7,sigmaMax=10,
--cache deepcache:interval=3 --cache tgate:gate=10.
Names from ComfyUI and Stable Diffusion WebUI work too, with the noise levels of that program: --solver "DPM++ 2M Karras",
--solver dpmpp_2m --schedule sgm_uniform, --schedule comfyui:beta.

Examples:
  fewstep generate "a red apple"
  fewstep generate "a blue heart" --steps 10 --solver dpmpp-2m --schedule karras:rho=7 --seed 7
  fewstep generate "a green apple" --image a-red-apple-7.png --strength 0.6
  fewstep generate --from a-red-apple-7.png --guidance 3
  fewstep generate "a red apple" --cache deepcache --cache tgate --dry-run

Exit codes: 0 done, 1 failed, 2 bad arguments, 130 interrupted.`,
    )
    .action((prompt: readonly string[], flags: Flags) => generate(prompt, flags))
}
