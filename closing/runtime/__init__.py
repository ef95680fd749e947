"""What the closing room needs around it: its environment, its servers, its processes.

Standard library only, and nothing of the rest of the project: it runs before Django is there.
"""
