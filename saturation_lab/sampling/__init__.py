"""How are networks drawn, measured and kept?"""
