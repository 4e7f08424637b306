"""What a controller or a simulation is made of, and how it is started: one description for the
launch files, the `dynsyn` command and the tests."""
