"""ROS messages to and from sensor vectors and efforts; one file a message type."""
