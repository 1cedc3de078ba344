"""What do the papers behind the lecture state, Glorot & Bengio 2010 and He et al. 2015?"""

from saturation_lab.claims.papers.glorot import GLOROT
from saturation_lab.claims.papers.he import HE
from saturation_lab.claims.statement import Statement

PAPERS: tuple[Statement, ...] = (*GLOROT, *HE)
"""Their statements, paper by paper in the order of their equations."""
