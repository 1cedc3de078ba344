"""The parts of a network: activations, initializers, architecture, losses, passes and inputs."""
