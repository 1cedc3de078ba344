"""Numbers in, verdict out: intervals over networks and what they decide.

Whatever forms a standard error here takes `replicates.Replicates`, whose rows each name their own
network: from units or examples of one network no standard error can be formed. Every result is
frozen, says itself in one line (``.sentence``) and goes into JSON (``.to_json()``).
"""
