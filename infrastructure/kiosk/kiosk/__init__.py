"""The command line for operators. It runs the services' own commands where the shop runs."""
