"""Networks by the `type` of a robot file's section `network`."""

from __future__ import annotations

from dynsyn_controller.core.networks.base import Network
from dynsyn_controller.core.registry import Registry

NETWORKS = Registry(
    "network",
    Network,
    {
        "walker": "dynsyn_controller.core.networks.walker:WalkerNetwork",
        "ncap": "dynsyn_controller.core.networks.ncap:NcapNetwork",
        "mlp": "dynsyn_controller.core.networks.mlp:MlpNetwork",
        "residual": "dynsyn_controller.core.networks.residual:ResidualNetwork",
        "spiking": "dynsyn_controller.core.networks.spiking:SpikingNetwork",
    },
)
