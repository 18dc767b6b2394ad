"""`python -m mock_alohub` is `mock-alohub`."""

import sys

from mock_alohub.cli import main

if __name__ == "__main__":
    sys.exit(main())
