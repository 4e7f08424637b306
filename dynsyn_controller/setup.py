"""Build of dynsyn_controller, with its launch/ and config/ as shared files."""

from pathlib import Path

from setuptools import find_packages, setup

NAME = "dynsyn_controller"
# colcon may run this file through a link in build/: the folders are beside the real one.
HERE = Path(__file__).resolve().parent


def shared_files():
    """launch/ and config/ as data_files: (folder under the prefix, [file])."""
    for file in sorted([*HERE.glob("launch/*.py"), *HERE.glob("config/**/*.*")]):
        if file.is_file():
            inside = file.relative_to(HERE)
            yield f"share/{NAME}/{inside.parent}", [str(inside)]


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
    extras_require={"test": ["hypothesis", "pytest"]},  # tells colcon test to run pytest
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
