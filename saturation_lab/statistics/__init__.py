"""What is kept of one network, and how does it merge with the next?"""
