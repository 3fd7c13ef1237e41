#!/usr/bin/env bash
# Feature models: the folder of models that the host shares, laid out, and told to whatever serves them.
set -euo pipefail

mkdir -p /models/gguf /models/safetensors
nvidia-smi --query-gpu=name --format=csv,noheader >/models/gpus.txt
printf 'MODELS=/models\n' >/etc/default/models
