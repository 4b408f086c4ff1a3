"""`python -m visavis.cli` is `visavis`."""

from visavis.cli import main

main()
