"""Build of dynsyn_sim_bridge."""

from setuptools import find_packages, setup

NAME = "dynsyn_sim_bridge"

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    extras_require={"test": ["hypothesis", "pytest"]},  # tells colcon test to run pytest
    zip_safe=False,
    maintainer="dynsyn maintainers",
    maintainer_email="maintainers@dynsyn.invalid",
    description="Simulated robots that look to a controller like a ros2_control robot.",
    license="Apache-2.0",
    entry_points={"console_scripts": ["bridge_node = dynsyn_sim_bridge.program:bridge_node"]},
)
