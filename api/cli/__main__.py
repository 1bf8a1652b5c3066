"""Runs the command line as a module."""

import sys

from api.cli.main import main

sys.exit(main())
