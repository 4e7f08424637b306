#!/usr/bin/env bash
# A lifetime from the trainer goes on living in the controller node, under ROS 2.
#
# Run it: examples/02_checkpoint_in_node.sh runs/example/lifetime_000/checkpoint.ckpt [SECONDS]
set -euo pipefail
trained=${1:?usage: $0 CHECKPOINT [SECONDS]}
seconds=${2:-20}
bin=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.venv/bin
PATH=$bin:$PATH

# The node goes on learning and saves into its file, so it is given a copy.
folder=$(mktemp -d)
cp "$trained" "$folder/lifetime.ckpt"

# Bridge and controller as two nodes at 50 Hz. With a ROS distribution, the same is
#   ros2 launch dynsyn_controller walker_sim.launch.py checkpoint:=$folder/lifetime.ckpt
# and `learning:=false` there, --frozen here, holds the weights still at their centres.
dynsyn sim walker --headless --duration "$seconds" \
  --checkpoint "$folder/lifetime.ckpt" --summary "$folder/summary.json"
cat "$folder/summary.json"

# What has been learnt meanwhile can go back into the laboratory.
dynsyn eval "$folder/lifetime.ckpt" --episodes 10
