"""What the verbs of the command line answer, as data and tables: each is one public function, usable without the CLI.

Own columns, groupings and wording for people. Do not own plans, flows or the catalogue: they read them and never feed
them.
"""
