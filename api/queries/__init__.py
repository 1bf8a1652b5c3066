"""What may be asked, answered as plain data: the same for HTTP, pages and the command line."""
