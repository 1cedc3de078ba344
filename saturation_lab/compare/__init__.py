"""In what do two studies differ, and where are they alike?"""
