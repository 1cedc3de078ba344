"""What theory expects of every layer, without sampling: Gaussian expectations and what follows."""
