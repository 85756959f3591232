"""`python -m simengine`: the command line."""

from simengine.cli.main import main

main()
