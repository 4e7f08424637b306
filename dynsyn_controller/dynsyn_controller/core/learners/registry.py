"""Learners by the `type` of a robot file's section `learner`."""

from __future__ import annotations

from dynsyn_controller.core.learners.base import Learner
from dynsyn_controller.core.registry import Registry

LEARNERS = Registry(
    "learner",
    Learner,
    {
        "dynamic_synapse": "dynsyn_controller.core.learners.dynamic_synapse.learner:DynamicSynapse",
        "dynamic_synapse_critic": (
            "dynsyn_controller.core.learners.dynamic_synapse.critic:CriticDynamicSynapse"
        ),
        "dynamic_synapse_eligibility": (
            "dynsyn_controller.core.learners.dynamic_synapse.eligibility:EligibilityDynamicSynapse"
        ),
        "dynamic_synapse_normalised": (
            "dynsyn_controller.core.learners.dynamic_synapse.normalised:NormalisedDynamicSynapse"
        ),
        "dqsn": "dynsyn_controller.core.learners.dqsn:Dqsn",
        "synaptic": "dynsyn_controller.core.learners.synaptic:Synaptic",
        "none": "dynsyn_controller.core.learners.none:NoLearner",
    },
)
