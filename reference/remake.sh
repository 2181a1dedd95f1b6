#!/bin/sh
# New weights for the embedded model: its files, then every number and image in the repository that depends on them, in order.
#
#     reference/remake.sh FOLDER [PYTHON]
#
# FOLDER: the weights as diffusers has them (training/assemble.py). PYTHON has requirements.txt, and the caches' own packages
# (pip install --no-deps DeepCache==0.1.1 tgate==1.0.0). It says how far everything is from what was there before; on the same
# weights that is rounding. It stops at the first step that fails, and nothing is replaced before the export has been checked;
# `git checkout .` puts everything back.
set -eu
folder=$(cd "${1:?name the folder of the weights}" && pwd)
python=${2:-python3}
cd "$(dirname "$0")/.."
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
say() { printf '\n== %s\n' "$1"; }

mkdir -p "$before/reference" "$before/packages/model-emoji" "$before/docs/pictures"
cp -r reference/data "$before/reference/data"
cp -r packages/model-emoji/model "$before/packages/model-emoji/model"
cp docs/pictures/emoji.png "$before/docs/pictures/"

say 'the ONNX files'
"$python" -W ignore training/export_onnx.py "$folder" "$before/exported"
rm -rf packages/model-emoji/model
mv "$before/exported" packages/model-emoji/model

say 'the images of diffusers and of the original caches'
run() { "$python" -W ignore "reference/$1" "$2" "$3" > "$before/log" 2>&1 || { cat "$before/log"; exit 1; }; echo "$1"; }
run pictures.py "$folder" reference/data
run image_to_image.py "$folder" reference/data
run caches.py "$folder" reference/data
run clip_tokens.py "$folder/tokenizer" reference/data
run clip_folders.py "$folder/tokenizer" reference/data
run scheduler_grids.py "$folder/scheduler/scheduler_config.json" reference/data/scheduler-grids.json

say 'the images of the documentation'
npx -y pnpm@12 pictures
npx -y pnpm@12 screenshots

say 'how far that is from before'
"$python" reference/differences.py "$before" . reference/data packages/model-emoji/model docs/pictures/emoji.png

say 'what is left to do'
cat <<'END'
The weights themselves:  rm -rf training/weights && cp -r FOLDER training/weights
Their curves:            cp RUN/log.jsonl training/log.jsonl && python training/curves.py training/log.jsonl training/curves.svg
Tests that draw:         npx -y pnpm@12 test packages/pipelines packages/cli packages/onnx-graph packages/runtime-node packages/model-emoji test
How good they are:       npx -y pnpm@12 bench:quality --name NAME, at other settings too: the card says what works best
Other tables, hours:     bench:caches and bench:pictures --python PYTHON --torch FOLDER; bench:error, as docs/error-per-call.md says
By hand:                 packages/model-emoji/README.md, the README's sentence on the model, a changeset, and what tests say was
                         measured: grep -rni measured packages/pipelines/test
END
