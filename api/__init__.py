"""What is asked by people and other systems: HTTP, pages, command line, settings."""
