"""The lifecycle node: control loop, guard, subscriptions, publishers, services, parameters."""
