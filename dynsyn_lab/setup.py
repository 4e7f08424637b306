"""Build of dynsyn_lab."""

from setuptools import find_packages, setup

NAME = "dynsyn_lab"

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"dynsyn_lab.view": ["page.html"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        (f"lib/{NAME}", ["scripts/dynsyn"]),  # where `ros2 run` looks
    ],
    install_requires=["setuptools"],
    extras_require={"test": ["hypothesis", "pytest"]},  # tells colcon test to run pytest
    zip_safe=False,
    maintainer="dynsyn maintainers",
    maintainer_email="maintainers@dynsyn.invalid",
    description="Training, evaluation, plots and the dynsyn command.",
    license="Apache-2.0",
    entry_points={"console_scripts": ["dynsyn = dynsyn_lab.cli.program:dynsyn"]},
)
