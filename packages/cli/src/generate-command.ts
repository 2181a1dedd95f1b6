import { Command } from 'commander'
import { type Flags, generate } from './generate.ts'
import { collect } from './parse.ts'
import { devices } from './request.ts'

/** `fewstep generate "a red apple"`. */
export function generateCommand(): Command {
  return new Command('generate')
    .description('Draw an image of a prompt.')
    .argument('[prompt...]', 'what to draw, in quotes (not needed with --from)')
    .usage('"what to draw" [options]')
    .optionsGroup('What to draw:')
    .option('--negative <text>', 'what to keep out of the image; needs guidance above 1')
    .option('--image <file.png>', 'an image to start from, of the size of the result')
    .option('--strength <s>', 'how much of it is drawn anew, above 0 and at most 1 (0.8)')
    .option('--width <n>', "in pixels (the model's own)")
    .option('--height <n>', "in pixels (the model's own)")
    .option('--seed <n>', 'the same seed draws the same image; from -2^63 to 2^64-1, as in torch (random)')
    .option('--count <n>', 'images; the i-th has the seed + i (1)')
    .option('--from <file.png>', 'repeat an image from the settings it carries; other options override them')
    .optionsGroup('How to draw it:')
    .option('--model <dir>', 'a Stable Diffusion folder in ONNX (the embedded emoji model)')
    .option('--steps <n>', 'sampling steps (25)')
    .option('--guidance <s>', 'how closely to follow the prompt; 1 or less is no guidance, twice as fast (7.5)')
    .option('--solver <name>', 'how to step; "fewstep solvers" lists them (the model\'s own)')
    .option('--schedule <name>', 'which noise levels; "fewstep schedules" lists them (the model\'s own)')
    .option('--noise <name>', 'of solvers that draw: sequential, or brownian, the same path for any steps (sequential)')
    .option('--cache <name>', 'what calls may reuse, several times if wanted; "fewstep caches" lists them', collect)
    .option('--freeu <b1,b2,s1,s2>', 'reweight features: short for --cache freeu:b1=…,b2=…,s1=…,s2=…')
    .option('--device <name>', `where the network runs: ${devices.join(', ')} (cpu)`)
    .option('--threads <n>', 'processor threads (all)')
    .optionsGroup('What comes out:')
    .option('--out <file.png>', 'where to write (a new name from prompt and seed)')
    .option('--preview <file.png>', 'write a small preview there after every step')
    .option('--dry-run', 'draw nothing: print what each model evaluation would compute')
    .option('--json', 'print one JSON object on standard output')
    .optionsGroup('Other:')
    .helpOption('-h, --help', 'show this')
    .addHelpText(
      'after',
      `
Solvers, schedules and caches take options: --solver ddim:eta=0.5, --schedule karras:rho=7,sigmaMax=10,
--cache deepcache:interval=3 --cache tgate:gate=10.
Names of ComfyUI and of Stable Diffusion WebUI do as well, and bring that program's noise levels: --solver "DPM++ 2M Karras",
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
