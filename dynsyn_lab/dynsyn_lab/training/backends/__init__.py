"""Where the lifetimes of a run live: this process, several processes, envpool."""
