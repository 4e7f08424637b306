"""Running nodes: the stack of processes, the session, the dashboard."""
