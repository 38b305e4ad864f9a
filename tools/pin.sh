#!/usr/bin/env bash
# Write constraints.txt anew: install the newest versions that pyproject.toml allows, in a fresh environment, and list them.
# PyTorch stays at the version of the Makefile. Packages that only some builds of PyTorch need are left out.
set -euo pipefail
cd "$(dirname "$0")/.."

torch=$(sed -n 's/^TORCH *:= *//p' Makefile)
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"${PYTHON:-python3}" -m venv "$fresh"
"$fresh/bin/pip" install setuptools
"$fresh/bin/pip" install --no-deps ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "torch==$torch"
echo "torch==$torch" >"$fresh/torch.txt"
"$fresh/bin/pip" install -c "$fresh/torch.txt" --no-build-isolation '.[serve,train,test]'
{
    echo "# The versions that the project is tested with; make setup installs them. Renew with tools/pin.sh."
    "$fresh/bin/pip" freeze --exclude autogpt-qa | grep -E '^[A-Za-z0-9._-]+==' | grep -viE '^(nvidia|cuda|triton)' | sed 's/+[a-z0-9.]*$//'
} >"$fresh/constraints.txt"
cp "$fresh/constraints.txt" constraints.txt
