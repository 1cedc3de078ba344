"""What is a network? Activations, initializers, architecture, losses, passes and inputs."""
