"""URDF as the page of `dynsyn view` reads it."""

from __future__ import annotations

import numpy as np
import pytest

from dynsyn_lab.view.link_tree import SIDE, TOP, LinkTree, convex

ARM = """<robot name="arm">
  <link name="hand">
    <visual><origin xyz="0 0 1"/><geometry><sphere radius="0.5"/></geometry></visual>
    <visual><geometry><mesh filename="hand.stl"/></geometry></visual></link>
  <link name="base"><visual><geometry><cylinder radius="1" length="2"/></geometry></visual></link>
  <link name="slide"/>
  <joint name="wrist" type="revolute"><parent link="slide"/><child link="hand"/>
    <origin rpy="0 0 1.5707963267948966"/><axis xyz="0 0 2"/></joint>
  <joint name="rail" type="prismatic"><parent link="base"/><child link="slide"/>
    <origin xyz="1 0 0"/><axis xyz="0 1 0"/></joint>
</robot>"""


def test_joints_move_their_links_from_the_root_outwards():
    urdf = LinkTree.parse(ARM)
    assert (urdf.root, [joint.name for joint in urdf.joints]) == ("base", ["rail", "wrist"])
    poses = urdf.place({"rail": 2.0, "wrist": np.pi / 2, "unknown": 1.0}, np.eye(4))
    assert poses["hand"][:3, 3] == pytest.approx([1.0, 2.0, 0.0])
    assert poses["hand"][:3, 0] == pytest.approx([-1.0, 0.0, 0.0])


def test_shapes_are_seen_from_above_where_joints_are_upright():
    urdf = LinkTree.parse(ARM)
    assert urdf.view == TOP
    below, above = urdf.outlines(urdf.place({}, np.eye(4)))
    assert (below["link"], above["link"]) == ("base", "hand")
    assert np.abs(below["points"]).max() == pytest.approx(1.0)
    assert np.mean(above["points"], axis=0) == pytest.approx([1.0, 0.0], abs=0.05)


def test_shapes_are_seen_from_the_side_where_joints_are_across():
    urdf = LinkTree.parse(ARM.replace('axis xyz="0 0 2"', 'axis xyz="0 1 0"'))
    assert urdf.view == SIDE
    base = next(o for o in urdf.outlines(urdf.place({}, np.eye(4))) if o["link"] == "base")
    assert min(map(tuple, base["points"])) == (-1.0, -1.0)


def test_a_convex_outline_leaves_inner_points_out():
    square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
    found = convex(np.array([*square, [0.5, 0.5], [0.5, 0.0]]))
    assert sorted(map(tuple, found)) == sorted(map(tuple, square))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<robot", "not XML"),
        ("<robot/>", "found 0 root links, expected one"),
        (ARM.replace('<parent link="base"/>', '<parent link="hand"/>'), "joints are no tree"),
        (ARM.replace('radius="0.5"', 'radius="big"'), "found 'big', expected 1 numbers"),
        (ARM.replace('<parent link="base"/>', ""), "joint 'rail' has no parent or no child"),
    ],
)
def test_what_is_no_urdf_is_said(text: str, said: str):
    with pytest.raises(ValueError, match=said):
        LinkTree.parse(text)
