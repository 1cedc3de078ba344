"""How numbers, lists, verdicts and studies are said."""
