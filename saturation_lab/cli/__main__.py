"""Entry point of ``python -m saturation_lab.cli``."""

import sys

from saturation_lab.cli.app import main

sys.exit(main())
