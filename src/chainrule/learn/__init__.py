"""The lessons, the explorer and the playground, in a browser on this machine."""
