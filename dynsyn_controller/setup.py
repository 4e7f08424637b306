"""Build of dynsyn_controller; the workspace's launch/ and config/ are installed with it."""

from pathlib import Path

from setuptools import find_packages, setup

NAME = "dynsyn_controller"
# colcon may run this file through a link in build/: the workspace is beside the real one.
WORKSPACE = Path(__file__).resolve().parent.parent


def shared_files():
    """Top-level launch/ and config/ as data_files: (folder under the prefix, [file])."""
    found = [
        *sorted(WORKSPACE.glob("launch/*.py")),
        *sorted(WORKSPACE.glob("config/**/*.yaml")),
        *sorted(WORKSPACE.glob("config/checkpoints/*.ckpt")),
        *sorted(WORKSPACE.glob("config/layouts/*")),
        *sorted(WORKSPACE.glob("config/fastdds/*.xml")),
    ]
    for file in found:
        inside = file.relative_to(WORKSPACE)
        if file.is_file():
            yield f"share/{NAME}/{inside.parent}", [f"../{inside}"]


setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        *shared_files(),
    ],
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},  # tells colcon test to run pytest
    zip_safe=False,
    maintainer="dynsyn maintainers",
    maintainer_email="maintainers@dynsyn.invalid",
    description="Learning robot controllers with dynamic synapses: the node and its compute core.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "controller_node = dynsyn_controller.node.program:controller_node",
            "effort_relay = dynsyn_controller.node.program:effort_relay",
        ],
    },
)
