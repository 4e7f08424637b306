"""Links and joints of the swimmer, for any number of them."""

from __future__ import annotations

from dynsyn_sim_bridge.robots.body_model import BASE, BodyModel, Box, Joint, Link, Vector


def swimmer_model(joints: int, half_size: Vector, reach: float, effort_limit: float) -> BodyModel:
    """The head (base_link, frame in its centre) and the links behind it.

    Args:
        joints: number of joints.
        half_size: of a link: m across, along and up.
        reach: largest |angle| of a joint, rad.
        effort_limit: N m.
    """
    across, along, up = half_size
    size = (2.0 * along, 2.0 * across, 2.0 * up)
    links, chain = [Link(BASE, (Box(size),))], []
    parent, back = BASE, -along
    for index in range(1, joints + 1):
        child = f"link_{index}"
        links.append(Link(child, (Box(size, (-along, 0.0, 0.0)),)))
        chain.append(
            Joint(
                f"joint_{index}",
                parent,
                child,
                origin=(back, 0.0, 0.0),
                lower=-reach,
                upper=reach,
                effort=effort_limit,
            )
        )
        parent, back = child, -2.0 * along
    return BodyModel("swimmer", tuple(links), tuple(chain))
