"""What a page can show: each exhibit computes its table, drawing and words."""
