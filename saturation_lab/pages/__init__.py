"""How do findings become a page and figures that need no retouching?"""
