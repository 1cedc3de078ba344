"""Small reports, as TOML, for the tests of exhibits and of pages."""

from __future__ import annotations

CELLS_TOML = """
title = "Cells"
question = "Which?"

[study]
depth = 6
width = 40
examples = 10
networks = 6
seed = 5
inputs = "gaussian"
dtype = "float64"

[groups.table]
title = "The lecture's table"
activations = ["sigmoid", "tanh", "relu", "silu", "identity"]
roles.one = { title = "1 × Glorot", initializer = "glorot_normal" }
roles.four = { title = "4 × Glorot", initializer = "lecture_normal", gain = 4 }
roles.root2 = { title = "√2 × Glorot", initializer = "lecture_normal", gain = 1.4142135623730951 }
roles.better = { title = "Recommended", recommended = true }

[[sections]]
title = "The initialization table"
group = "table"
table = "cells"
exhibits = ["cells"]
"""

PAIRS_TOML = """
title = "Pairs"
question = "Which?"

[study]
depth = 4
width = 30
inputs = "digits"
examples = 10
networks = 4
dtype = "float64"

[roles.he]
title = "He"
initializer = "he_normal"

[roles.standard]
title = "Standard"
initializer = "standard_uniform"

[groups.relu]
title = "ReLU"
activation = "relu"

[[sections]]
title = "Choose"
group = "each"
table = "keeps"
exhibits = ["verdicts"]
"""

WIDTHS_TOML = """
title = "Widths"
question = "How wide?"

[study]
activation = "relu"
depth = 3
inputs = "gaussian"
features = 12
examples = 1
seed = 4

[roles.he]
title = "He"
initializer = "he_normal"

[groups.w6]
title = "Width 6"
width = 6
networks = 300

[groups.w60]
title = "Width 60"
width = 60
networks = 120

[groups.w1200]
title = "Width 1,200"
width = 1200
networks = 40

[[sections]]
title = "All"
group = "all"
exhibits = ["width_spread", "width_law", "width_layers", "width_histograms"]
"""
