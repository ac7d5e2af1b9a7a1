"""AWS: security groups, their rules and managed prefix lists. Loads pulumi only when a component is asked for."""
