#!/bin/sh
# Runs the originals again and says how their numbers differ from those in data/originals.
# Environments are made where $1 says (a new temporary folder where absent); they are used again when they exist.
set -e
cd "$(dirname "$0")"
where=${1:-$(mktemp -d)}
environment() {
  if [ ! -x "$where/$1/bin/python" ]; then
    python3 -m venv "$where/$1"
    "$where/$1/bin/pip" install --quiet -r "$2"
  fi
}
environment diffusers requirements.txt
environment k-diffusion requirements-k-diffusion.txt
"$where/diffusers/bin/python" -W ignore diffusers_trajectories.py
"$where/diffusers/bin/python" -W ignore more_trajectories.py
"$where/k-diffusion/bin/python" -W ignore k_diffusion_trajectories.py
