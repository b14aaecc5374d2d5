"""The acceptance tests: they start the server as a process and talk HTTP to it, as FORMAT.md says."""
